import type { Dice } from './mix.ts';
import { JOB_TITLES, ROLES, SENTENCES } from './names.ts';
import type { DetailStyle } from './operations.ts';

const VISIBILITIES: readonly string[] = ['PRIVATE', 'ORG', 'PUBLIC'];
/** Letters of a word of a huge detail. */
const HUGE_WORD = 64;

/** What `details` tells of an operation, in the words of the service: often one sentence, sometimes two or none. */
export function detailsOf(style: DetailStyle, dice: Dice, subject: string): string[] {
  switch (style) {
    case 'none':
      return [];
    case 'names':
      return [`Created ${subject}`];
    case 'role':
      return [changed('role', dice, ROLES)];
    case 'invitation':
      return [`Invitation of ${dice.hex(6)}@example.com as ${dice.pick(ROLES)}`];
    case 'profile':
      return [changed('job_title', dice, JOB_TITLES)];
    case 'scale':
      return [`Changed max_replicas from ${1 + dice.below(4)} to ${5 + dice.below(8)}`];
    default:
      return patchDetails(dice, subject);
  }
}

/** A change from one of `values` to another. */
function changed(field: string, dice: Dice, values: readonly string[]): string {
  const from = dice.below(values.length);
  const to = (from + 1 + dice.below(values.length - 1)) % values.length;
  return `Changed ${field} from "${values[from]}" to "${values[to]}"`;
}

function patchDetails(dice: Dice, subject: string): string[] {
  const changes = [
    changed('visibility', dice, VISIBILITIES),
    `Changed description of ${subject}`,
    `Changed notes from "" to "${dice.pick(SENTENCES)}"`,
    'Changed use_cases from [] to ["moderation"]',
  ];
  return dice.below(3) === 0 ? [dice.pick(changes), changes[0]!] : [dice.pick(changes)];
}

/** A detail of about `bytes` bytes, for entries of a wanted size. */
export function longDetail(dice: Dice, bytes: number): string {
  let text = 'Changed notes to "';
  while (text.length < bytes - 1) text += `${dice.pick(SENTENCES)} `;
  return `${text.slice(0, Math.max(bytes - 1, 0)).trimEnd()}"`;
}

/**
 * The end of a JSON string of `bytes` bytes, its closing quote included, that compresses badly. Any end of it is one
 * as well.
 */
export function hugeDetail(dice: Dice, bytes: number): Buffer {
  const text = Buffer.alloc(Math.ceil(bytes), ' ');
  for (let at = 0; at < bytes; at += HUGE_WORD + 1) text.write(dice.hex(HUGE_WORD), at, 'latin1');
  text.write('"', text.length - 1, 'latin1');
  return text;
}
