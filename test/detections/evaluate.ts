import { countCorrelation, type Hit } from './correlate.ts';
import { compileRule, type Event } from './match.ts';
import { loadRules, type SigmaRule } from './rule.ts';

/** An evaluator of the whole rule set. */
export interface RuleSet {
  readonly rules: readonly SigmaRule[];
  /** How often each alerting rule fires on records ordered by time, by file name without prefix and ending. */
  count(events: readonly Event[]): Readonly<Record<string, number>>;
}

/** The short name of a rule: its file without prefix and ending. */
export function shortName(file: string): string {
  return file.replace(/^clarifai_audit_/, '').replace(/\.yml$/, '');
}

function timeMs(event: Event): number {
  return Date.parse(String(event['@timestamp']));
}

/** Compiles the rules of the config folder. A rule that a correlation counts on raises no alert of its own. */
export function compileRules(): RuleSet {
  const rules = loadRules();
  const plain = rules.filter(({ detection }) => detection !== undefined);
  const compiled = plain.map((rule) => ({ rule, matches: compileRule(rule) }));
  return {
    rules,
    count(events) {
      const hits = new Map(compiled.map(({ rule }) => [rule, [] as Hit[]]));
      for (const event of events) {
        for (const { rule, matches } of compiled) {
          if (matches(event)) hits.get(rule)!.push({ rule: rule.name ?? '', atMs: timeMs(event), event });
        }
      }
      const counts: Record<string, number> = {};
      for (const rule of rules) {
        const { correlation } = rule;
        if (correlation !== undefined) {
          const bases = plain.filter(({ name }) => name !== undefined && correlation.rules.includes(name));
          const own = bases.flatMap((base) => hits.get(base)!).sort((a, b) => a.atMs - b.atMs);
          counts[shortName(rule.file)] = countCorrelation(correlation, own);
        } else if (rule.name === undefined) {
          counts[shortName(rule.file)] = hits.get(rule)!.length;
        }
      }
      return counts;
    },
  };
}
