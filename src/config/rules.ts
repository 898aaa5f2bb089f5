import { relative, resolve, sep } from 'node:path';
import { parseDuration } from './duration.ts';
import type { Fault } from './faults.ts';

/*
 * What must hold between keys. These rules look at the file as it is written, so that they are told together with
 * everything else that is wrong with it; what is of a wrong type is none of their business.
 */

const DAY_MS = 86_400_000;
/** Retention is longer than the longest reconcile by so many days: it runs daily, and may be late by one. */
const SLACK_DAYS = 2;

type Item = Readonly<Record<string, unknown>>;

/** Faults between keys of a file. */
export function brokenRules(file: unknown, folder: string): Fault[] {
  const sources = items(file, 'sources');
  const sinks = items(file, 'sinks');
  return [
    ...sources.flatMap((source, i) => patFaults(source, i)),
    ...duplicates(sources, 'sources'),
    ...duplicates(sinks, 'sinks'),
    ...unknownSources(sources, sinks),
    ...retentionFaults(file, sources),
    ...outputFaults(file, sinks, folder),
  ];
}

function items(file: unknown, key: string): Item[] {
  const list = isMapping(file) ? file[key] : undefined;
  return Array.isArray(list) ? list.map((each) => (isMapping(each) ? each : {})) : [];
}

function isMapping(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function patFaults(source: Item, i: number): Fault[] {
  const path = ['sources', i];
  if (source.pat !== undefined && source.pat_file !== undefined) {
    return [{ path: [...path, 'pat_file'], message: 'stands beside pat: give one of the two' }];
  }
  if (source.pat !== undefined || source.pat_file !== undefined) return [];
  return [
    {
      path: [...path, 'pat_file'],
      message: 'is missing: name the file that holds the personal access token (or give pat)',
    },
  ];
}

function duplicates(list: readonly Item[], key: string): Fault[] {
  const seen = new Set<unknown>();
  return list.flatMap(({ id }, i) => {
    if (typeof id !== 'string') return [];
    if (seen.has(id)) return [{ path: [key, i, 'id'], message: 'is taken by another: ids are unique' }];
    seen.add(id);
    return [];
  });
}

function unknownSources(sources: readonly Item[], sinks: readonly Item[]): Fault[] {
  const known = new Set(sources.map(({ id }) => id));
  return sinks.flatMap(({ sources: named }, i) => {
    if (!Array.isArray(named)) return [];
    if (named.length === 0)
      return [{ path: ['sinks', i, 'sources'], message: 'is empty: leave it out for all sources' }];
    return named.flatMap((id, k) =>
      known.has(id)
        ? []
        : [{ path: ['sinks', i, 'sources', k], message: 'is no id of a source in this file' }],
    );
  });
}

function retentionFaults(file: unknown, sources: readonly Item[]): Fault[] {
  const journal = isMapping(file) && isMapping(file.journal) ? file.journal : {};
  const retentionMs = parseDuration(String(journal.retention ?? '45d'));
  const longest = Math.max(0, ...sources.map(longestDaysBack));
  if (retentionMs === undefined || retentionMs >= (longest + SLACK_DAYS) * DAY_MS) return [];
  return [
    {
      path: ['journal', 'retention'],
      message: `must be at least ${longest + SLACK_DAYS}d: reconcile.days_back goes back ${longest} days, and needs the journal for it`,
    },
  ];
}

function longestDaysBack({ reconcile }: Item): number {
  if (reconcile === false) return 0;
  const days = isMapping(reconcile) ? reconcile.days_back : undefined;
  if (days === undefined) return 30;
  return Array.isArray(days) ? Math.max(0, ...days.filter((each) => Number.isSafeInteger(each))) : 0;
}

function outputFaults(file: unknown, sinks: readonly Item[], folder: string): Fault[] {
  const journal = isMapping(file) && isMapping(file.journal) ? file.journal : {};
  const data = resolve(folder, String(journal.path ?? './data'));
  const taken: string[] = [];
  let stdouts = 0;
  return sinks.flatMap((sink, i) => {
    if (sink.type === 'stdout' && ++stdouts > 1) {
      return [{ path: ['sinks', i, 'type'], message: 'is the second stdout: their lines would mix' }];
    }
    if (sink.type !== 'file' || typeof sink.path !== 'string') return [];
    const path = resolve(folder, sink.path);
    if (isInside(path, data) || isInside(data, path)) {
      return [
        {
          path: ['sinks', i, 'path'],
          message: 'and journal.path lie in one another: nothing else may be in either',
        },
      ];
    }
    if (taken.some((other) => isInside(path, other) || isInside(other, path))) {
      return [
        {
          path: ['sinks', i, 'path'],
          message: 'is the folder of another sink, or lies in one another with it',
        },
      ];
    }
    taken.push(path);
    return [];
  });
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`));
}
