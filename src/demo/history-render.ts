import type { Part } from './history-cast.ts';
import { mix } from './mix.ts';

/** Renders entries as JSON in bytes. */
export interface EntryRenderer {
  /**
   * The entry of a part: a few copies into one new buffer.
   *
   * @param us event time, whole microseconds since the epoch
   * @param ns nanoseconds on top of `us`, 0 to 999
   * @param read number of the service's answer, for profiles that differ between reads
   */
  render(part: Part, us: number, ns: number, read: number): Buffer;
}

const START = Buffer.from('{"timestamp":"');
const START_END = Buffer.from('Z","user":');
const SUCCEEDED = Buffer.from('],"success":true');
const FAILED = Buffer.from('],"success":false');
const REQUEST_ID = Buffer.from(',"req_id":"');
const NOTHING = Buffer.alloc(0);
const HEX = Buffer.from('0123456789abcdef');
const REQUEST_ID_DIGITS = 32;
const SECONDS_LENGTH = 'YYYY-MM-DDTHH:MM:SS'.length;
const SALT_REQUEST_ID = 61;

/** A renderer for the entries of one seed. */
export function createRenderer(seed: number): EntryRenderer {
  const ends = new Map<string, Buffer>();
  const stamp = createStamp();

  const endOf = (ip: string, quoted: boolean): Buffer => {
    const key = quoted ? `"${ip}` : ip;
    let end = ends.get(key);
    if (end === undefined) {
      end = Buffer.from(`${quoted ? '"' : ''},"source_ip":${JSON.stringify(ip)}}`);
      ends.set(key, end);
    }
    return end;
  };

  return {
    render(part, us, ns, read) {
      const { person, scene } = part;
      const profile = person.profiles[read % person.profiles.length]!;
      const step = stepOf(part);
      const outcome = part.success ? SUCCEEDED : FAILED;
      const idStart = part.requestId === 'absent' ? NOTHING : REQUEST_ID;
      const hexLength = part.requestId === 'present' ? REQUEST_ID_DIGITS : 0;
      const end = endOf(part.sourceIp, part.requestId !== 'absent');
      const dateLength = part.undatedStart?.length ?? START.length + stamp.set(us, ns) + START_END.length;
      const sceneLength = scene.head.length + (scene.filler?.length ?? 0);
      const rest = sceneLength + step.length + outcome.length + idStart.length + hexLength + end.length;

      const bytes = Buffer.allocUnsafe(dateLength + profile.length + rest);
      let at = 0;
      if (part.undatedStart !== undefined) {
        at = put(bytes, part.undatedStart, at);
      } else {
        at = put(bytes, START, at);
        at = stamp.write(bytes, at);
        at = put(bytes, START_END, at);
      }
      at = put(bytes, profile, at);
      at = put(bytes, scene.head, at);
      if (scene.filler !== undefined) at = put(bytes, scene.filler, at);
      if (step !== '') at += bytes.write(step, at, 'latin1');
      at = put(bytes, outcome, at);
      at = put(bytes, idStart, at);
      if (hexLength > 0) at = putRequestId(bytes, at, seed, part.request.start);
      put(bytes, end, at);
      return bytes;
    },
  };
}

/** A detail that keeps entries of one request, or without a request, from being equal. */
function stepOf({ scene, request, requestId, number }: Part): string {
  const comma = scene.hasDetails ? ',' : '';
  if (requestId !== 'present') return `${comma}"Job ${number}"`;
  return request.ordinal === 0 ? '' : `${comma}"Step ${request.ordinal + 1} of the request"`;
}

function put(into: Buffer, from: Buffer, at: number): number {
  into.set(from, at);
  return at + from.length;
}

function putRequestId(into: Buffer, at: number, seed: number, start: number): number {
  let end = at;
  for (let word = 0; word < REQUEST_ID_DIGITS / 8; word++) {
    const bits = mix(seed, start, SALT_REQUEST_ID + word);
    for (let shift = 28; shift >= 0; shift -= 4) into[end++] = HEX[(bits >>> shift) & 15]!;
  }
  return end;
}

/** The date and time of an entry, with 0, 3, 6 or 9 digits of a second as proto JSON writes them. */
function createStamp() {
  let second = Number.NaN;
  let text: Buffer = NOTHING;
  let fraction = 0;
  let digits = 0;
  return {
    /** Sets the time; returns the length of its text without the Z. */
    set(us: number, ns: number): number {
      const wanted = Math.floor(us / 1e6);
      if (wanted !== second) {
        second = wanted;
        text = Buffer.from(new Date(wanted * 1_000).toISOString().slice(0, SECONDS_LENGTH));
      }
      const micros = us - wanted * 1e6;
      digits = ns !== 0 ? 9 : micros % 1_000 !== 0 ? 6 : micros !== 0 ? 3 : 0;
      fraction = digits === 9 ? micros * 1_000 + ns : digits === 6 ? micros : micros / 1_000;
      return SECONDS_LENGTH + (digits === 0 ? 0 : digits + 1);
    },
    /** Writes the time that was set; returns where it ends. */
    write(into: Buffer, at: number): number {
      const end = put(into, text, at);
      if (digits === 0) return end;
      into[end] = 0x2e;
      let rest = fraction;
      for (let i = end + digits; i > end; i--) {
        into[i] = 0x30 + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      return end + digits + 1;
    },
  };
}
