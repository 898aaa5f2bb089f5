import type { EntryFacts } from './audit-log.ts';
import type { HistoryLinks, RequestPlace } from './history-links.ts';
import { type OddOptions, UNDATED_STARTS } from './history-odd.ts';
import { fraction, mix } from './mix.ts';
import { ODD_SCENES, UNKNOWN_SCENES } from './odd-scenes.ts';
import { OPERATIONS } from './operations.ts';
import { createPeople, type Person } from './people.ts';
import { createResources } from './resources.ts';
import { createScenes, type Scene } from './scenes.ts';

/** What an entry is made of. */
export interface Part {
  /** The number that everything of the entry follows from. */
  readonly number: number;
  readonly person: Person;
  readonly scene: Scene;
  readonly sourceIp: string;
  readonly success: boolean;
  /** The request that logged it. */
  readonly request: RequestPlace;
  /** How `req_id` is shown. */
  readonly requestId: 'present' | 'absent' | 'empty';
  /** The bytes up to the user of an undated entry; undefined for a dated one. */
  readonly undatedStart: Buffer | undefined;
}

/** Deals people and scenes to the entries of a history. */
export interface Cast {
  /** The part of entry `number`, the same at every call. */
  partOf(number: number): Part;
}

/** Bytes of an entry that are neither user nor scene: timestamp, request id, address. */
const FRAME_BYTES = 165;
const FAILED_SHARE = 0.04;
/** Slots of the table from a random number to an operation; each operation has several. */
const SLOTS = 4_096;

const Salt = {
  person: 41,
  operation: 42,
  variant: 43,
  ip: 44,
  success: 45,
  undated: 46,
  form: 47,
  noId: 48,
  kind: 49,
} as const;

/** @param entryBytes how long an entry is to be on average */
export function createCast(
  seed: number,
  userId: string,
  entryBytes: number,
  links: HistoryLinks,
  odd: OddOptions,
): Cast {
  const people = createPeople(seed, odd.driftingProfiles ?? 0);
  const profileBytes = people.reduce((sum, { profiles }) => sum + profiles[0]!.length, 0) / people.length;
  const headBytes = entryBytes - profileBytes - FRAME_BYTES;
  const scenes = createScenes(seed, createResources(seed, userId, people), headBytes);
  const slots = operationSlots();
  const unknown = odd.unknownCodes ?? 0;
  const oddBelow = unknown + (odd.oddBytes ?? 0);

  const sceneOf = (number: number): Scene => {
    const variant = mix(seed, number, Salt.variant);
    if (oddBelow > 0) {
      const kind = fraction(seed, number, Salt.kind);
      if (kind < unknown) return UNKNOWN_SCENES[variant % UNKNOWN_SCENES.length]!;
      if (kind < oddBelow) return ODD_SCENES[variant % ODD_SCENES.length]!;
    }
    const variants = scenes[slots[mix(seed, number, Salt.operation) % SLOTS]!]!;
    return variants[variant % variants.length]!;
  };

  return {
    partOf(number) {
      const request = links.requestOf(number);
      const person = people[mix(seed, request.start, Salt.person) % people.length]!;
      const scene = sceneOf(number);
      const form = mix(seed, number, Salt.form);
      const undated = fraction(seed, number, Salt.undated) < (odd.undated ?? 0);
      const noId = fraction(seed, number, Salt.noId) < (odd.noRequestId ?? 0);
      return {
        number,
        person,
        scene,
        sourceIp:
          scene.sourceIp ?? person.sourceIps[mix(seed, request.start, Salt.ip) % person.sourceIps.length]!,
        success: fraction(seed, number, Salt.success) >= FAILED_SHARE,
        request,
        requestId: noId ? (form % 2 === 0 ? 'absent' : 'empty') : 'present',
        undatedStart: undated ? UNDATED_STARTS[form % UNDATED_STARTS.length] : undefined,
      };
    },
  };
}

/** What filters compare of a part. */
export function factsOf(part: Part): EntryFacts {
  return {
    operation: part.scene.code,
    userId: part.person.id,
    success: part.success,
    sourceIp: part.sourceIp,
    targets: part.scene.targets,
  };
}

function operationSlots(): Uint8Array {
  const total = OPERATIONS.reduce((sum, { weight }) => sum + weight, 0);
  const slots = new Uint8Array(SLOTS);
  let before = 0;
  OPERATIONS.forEach(({ weight }, index) => {
    slots.fill(index, Math.round((before / total) * SLOTS), Math.round(((before + weight) / total) * SLOTS));
    before += weight;
  });
  return slots;
}
