import type { TargetFact } from './audit-log.ts';
import { detailsOf, hugeDetail, longDetail } from './details.ts';
import { createDice, type Dice } from './mix.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import type { TargetDraw } from './resources.ts';

/** The middle of an entry, rendered once: from `operation` into `details`. Many entries share one. */
export interface Scene {
  /** Numeric `EventType`. */
  readonly code: number;
  /** JSON from `,"operation":` up to the last detail, without the `]` behind it; up to `filler` when there is one. */
  readonly head: Buffer;
  /** The rest of the last detail of a huge entry: a view into memory that all scenes share. */
  readonly filler?: Buffer;
  /** Whether a detail is in `head`, so that a comma is due before another. */
  readonly hasDetails: boolean;
  /** The targets as filters see them. */
  readonly targets: readonly TargetFact[];
  /** An address that takes the place of the person's. */
  readonly sourceIp?: string;
}

/** Draws things that belong together. */
export interface Resources {
  draw(dice: Dice): TargetDraw;
}

const STREAM = 1_003;
const MAX_VARIANTS = 40;
/** Memory that all scenes may take together, in bytes. */
const SCENES_BYTES = 4_000_000;
/** A detail longer than this is not made for each scene. */
const HUGE_DETAIL_BYTES = 20_000;
/** Share of scenes that give the operation by its name. */
const NAMED_SHARE = 0.06;

/**
 * Scenes of every operation: `scenes[operation index][variant]`, all operations with the same number of variants.
 *
 * @param headBytes how long `head` is to be on average; longer when the facts alone need more
 */
export function createScenes(seed: number, resources: Resources, headBytes: number): readonly Scene[][] {
  const dice = createDice(seed, STREAM);
  const fitting = Math.floor(SCENES_BYTES / OPERATIONS.length / Math.max(headBytes, 1));
  const variants = Math.min(Math.max(fitting, 2), MAX_VARIANTS);
  const filler = headBytes > HUGE_DETAIL_BYTES ? hugeDetail(dice, 2 * headBytes) : undefined;
  return OPERATIONS.map((operation) =>
    Array.from({ length: variants }, () =>
      createScene(operation, dice, resources.draw(dice), headBytes, filler),
    ),
  );
}

function createScene(
  operation: Operation,
  dice: Dice,
  draw: TargetDraw,
  headBytes: number,
  filler: Buffer | undefined,
): Scene {
  const targets = operation.targets
    .filter((kind) => !kind.endsWith('?') || dice.below(2) === 0)
    .map((kind) => kind.replace('?', ''))
    .map((kind) => ({ kind, object: draw.target(kind) }));
  if (dice.below(3) === 0) targets.reverse();
  const subject = targets.at(-1)?.object.id ?? 'invitation';
  const details = detailsOf(operation.details, dice, subject);
  const render = () =>
    `,"operation":${dice.float() < NAMED_SHARE ? `"${operation.name}"` : operation.code}` +
    `,"description":${JSON.stringify(operation.description)}` +
    `,"targets":${JSON.stringify(targets.map(({ kind, object }) => ({ [kind]: object })))}` +
    `,"details":${JSON.stringify(details).slice(0, -1)}`;
  const missing = Math.round(headBytes * (0.85 + 0.3 * dice.float())) - render().length;
  const isHuge = filler !== undefined && missing > HUGE_DETAIL_BYTES;
  if (isHuge) details.push('');
  else if (missing > 24) details.push(longDetail(dice, missing - 8));
  return {
    code: operation.code,
    ...(isHuge
      ? { head: Buffer.from(render().slice(0, -1)), filler: filler.subarray(-missing) }
      : { head: Buffer.from(render()) }),
    hasDetails: details.length > 0,
    targets: targets.map(({ kind, object }) => ({ kind, id: object.id })),
  };
}
