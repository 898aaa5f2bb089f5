import { relative, resolve, sep } from 'node:path';
import { parseDuration } from './duration.ts';
import type { Fault } from './faults.ts';
import { SECRET_KEYS } from './secret-file.ts';

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
    ...sources.flatMap((source, i) => secretFaults('sources', source, i, { pat: 'personal access token' })),
    ...sinks.flatMap(sinkFaults),
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

/** Each secret is given once; `needed` ones are given. */
function secretFaults(
  list: string,
  item: Item,
  i: number,
  needed: Readonly<Record<string, string>>,
): Fault[] {
  return SECRET_KEYS[list]!.flatMap((key) => {
    const path = [list, i, `${key}_file`];
    const file = item[`${key}_file`];
    if (item[key] !== undefined && file !== undefined) {
      return [{ path, message: `stands beside ${key}: give one of the two` }];
    }
    const what = needed[key];
    if (what === undefined || item[key] !== undefined || file !== undefined) return [];
    return [{ path, message: `is missing: name the file that holds the ${what} (or give ${key})` }];
  });
}

function sinkFaults(sink: Item, i: number): Fault[] {
  const at = (key: string, message: string): Fault => ({ path: ['sinks', i, key], message });
  const has = (key: string) => sink[key] !== undefined || sink[`${key}_file`] !== undefined;
  if (sink.type === 'splunk_hec') return secretFaults('sinks', sink, i, { token: 'HEC token' });
  const faults = secretFaults('sinks', sink, i, {});
  if (sink.type === 's3') {
    if (has('access_key_id') !== has('secret_access_key'))
      faults.push(at('access_key_id', 'and secret_access_key_file (or secret_access_key) go together'));
    if (has('kms_key_id') && sink.sse !== 'aws:kms') faults.push(at('kms_key_id', 'needs sse: aws:kms'));
  }
  if (sink.type === 'elasticsearch' || sink.type === 'opensearch') {
    if (has('username') !== has('password'))
      faults.push(at('username', 'and password_file (or password) go together'));
    const ways = ['username', 'api_key', 'aws_region'].filter(has);
    if (ways.length > 1) faults.push(at(ways[1]!, `stands beside ${ways[0]}: sign in one way`));
  }
  if (sink.type === 'elasticsearch') {
    if (has('nodes') === has('cloud_id')) faults.push(at('nodes', 'or cloud_id must be given, not both'));
    if (has('retention') && has('ilm_policy'))
      faults.push(at('ilm_policy', 'stands beside retention: give one of the two'));
  }
  return faults;
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
