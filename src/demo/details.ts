import type { Dice } from './mix.ts';
import { JOB_TITLES, ROLES, SENTENCES } from './names.ts';
import type { DetailStyle } from './operations.ts';

/** What `details` tells of an operation, in the words of the service: often one sentence, sometimes two or none. */
export function detailsOf(style: DetailStyle, dice: Dice, subject: string): string[] {
  switch (style) {
    case 'none':
      return [];
    case 'names':
      return [`Created ${subject}`];
    case 'role':
      return [`Changed role from "${dice.pick(ROLES)}" to "${dice.pick(ROLES)}"`];
    case 'invitation':
      return [`Invitation of ${dice.hex(6)}@example.com as ${dice.pick(ROLES)}`];
    case 'profile':
      return [`Changed job_title from "${dice.pick(JOB_TITLES)}" to "${dice.pick(JOB_TITLES)}"`];
    case 'scale':
      return [`Changed max_replicas from ${1 + dice.below(4)} to ${5 + dice.below(8)}`];
    default:
      return patchDetails(dice, subject);
  }
}

function patchDetails(dice: Dice, subject: string): string[] {
  const levels = ['PRIVATE', 'ORG', 'PUBLIC'];
  const changes = [
    `Changed visibility from ${dice.pick(levels)} to ${dice.pick(levels)}`,
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
