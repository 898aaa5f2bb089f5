const SUFFIX = '.ndjson.gz';
const SEGMENT_NAME = /^(\d{12})\.ndjson\.gz$/;

/** Prefix of the keys of a source's segments. */
export function segmentPrefix(source: string): string {
  return `${source}/segments/`;
}

/** Key of segment `n` of a source. */
export function segmentKey(source: string, n: number): string {
  return `${segmentPrefix(source)}${segmentName(n)}`;
}

/** Last part of the key of segment `n`. */
export function segmentName(n: number): string {
  return `${String(n).padStart(12, '0')}${SUFFIX}`;
}

/** The number in the last part of a segment's key; undefined when it is no segment's name. */
export function numberInName(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Key of a source's trim record. */
export function trimKey(source: string): string {
  return `${source}/trim.json`;
}

/** Key of the object that says that a repair is under way. */
export function repairKey(source: string): string {
  return `${source}/repair.json`;
}

/** Prefix of what `repair` set aside when it replaced the chain `chainId`. */
export function asidePrefix(source: string, chainId: string): string {
  return `${source}/chains/${chainId}/`;
}
