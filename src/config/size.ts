const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes of a size such as `5MiB`, `10GiB` or `500MB`; undefined when it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9})(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]!]!;
}
