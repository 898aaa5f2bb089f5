import { createDice, type Dice } from './mix.ts';
import { JOB_ROLES, JOB_TITLES, PERSON_NAMES } from './names.ts';

/** A person of the generated organisation. */
export interface Person {
  /** `user.id` of the person's entries. */
  readonly id: string;
  /** The addresses the person works from: one or two, IPv4 first. */
  readonly sourceIps: readonly string[];
  /**
   * The User object as JSON in bytes. More than one for a person whose profile changes between reads: the
   * service shows `profiles[read % profiles.length]`.
   */
  readonly profiles: readonly Buffer[];
}

const COMPANY = 'Northwind Vision GmbH';
const STREAM = 1_001;

/** The people of the organisation; the first `drifting` (a share, rounded up) of them have changing profiles. */
export function createPeople(seed: number, drifting: number): readonly Person[] {
  const dice = createDice(seed, STREAM);
  const changing = Math.ceil(PERSON_NAMES.length * drifting);
  return PERSON_NAMES.map(([first, last], index) => createPerson(dice, first, last, index < changing));
}

function createPerson(dice: Dice, first: string, last: string, changing: boolean): Person {
  const id = idOf(`${first} ${last}`) + (dice.below(4) === 0 ? `-${dice.hex(4)}` : '');
  const profile = {
    id,
    first_name: first,
    last_name: last,
    company_name: dice.below(8) === 0 ? '' : COMPANY,
    job_title: dice.pick(JOB_TITLES),
    job_role: dice.pick(JOB_ROLES),
    intention: '',
    referral_source: dice.pick(['', 'colleague', 'conference']),
    created_at: `202${dice.below(5)}-0${1 + dice.below(9)}-1${dice.below(10)}T0${dice.below(10)}:14:22.${100_000 + dice.below(900_000)}Z`,
    visibility: { gettable: dice.pick([10, 50]) },
    user_detail: { primary_email: '', email_addresses: [], country: dice.pick(['', 'DE', 'US', 'SE']) },
  };
  const moved = { ...profile, job_title: 'Staff Engineer', company_name: `${COMPANY} (Berlin)` };
  const married = { ...moved, last_name: `${last}-Meyer`, teams_count: 3 };
  const profiles = changing ? [profile, moved, married] : [profile];
  const v4 = `${dice.pick(['203.0.113', '198.51.100', '192.0.2'])}.${1 + dice.below(254)}`;
  const v6 = `2001:db8:${dice.hex(3)}:${1 + dice.below(9)}${dice.hex(2)}::${1 + dice.below(9)}${dice.hex(2)}`;
  return {
    id,
    sourceIps: dice.below(3) === 0 ? [v4] : [v4, v6],
    profiles: profiles.map((value) => Buffer.from(JSON.stringify(value))),
  };
}

/** An id as people choose them: lower-case ASCII letters, digits and hyphens. */
export function idOf(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ø', 'o')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
