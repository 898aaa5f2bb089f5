import { createHistory } from '../../src/demo/history.ts';
import { createMapper } from '../../src/record/formats.ts';
import type { Event } from './match.ts';

const map = createMapper('ecs', { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' });

/** The ECS record of an entry, through the mapper that ships. */
export function recordOf(bytes: Buffer, index = 0): Event {
  const id = index.toString(16).padStart(64, '0');
  const context = { id, source: 'acme', userId: 'acme-corp', readTime: '2025-02-01T00:00:00.000Z' };
  return JSON.parse(map(bytes, true, context).line) as Event;
}

/** What a scenario says of an entry; the rest is filled in. */
export interface Told {
  /** Operation: a name or a number, as the API shows either. */
  readonly operation: string | number;
  /** Minutes after the start of the scenario. Default 0. */
  readonly minute?: number;
  /** Who did it. Default mallory. */
  readonly by?: string;
  readonly targets?: readonly object[];
  readonly details?: readonly string[];
  /** Default true. */
  readonly success?: boolean;
  /** Default an address outside all networks known to the rules. */
  readonly sourceIp?: string;
}

const START_MS = Date.parse('2025-01-18T09:00:00Z');

/** An entry as the API renders it. */
export function entry(told: Told, index = 0): Event {
  const { operation, minute = 0, by = 'mallory', targets = [], details = [], success = true } = told;
  const value = {
    timestamp: new Date(START_MS + minute * 60_000).toISOString().replace('Z', '120Z'),
    user: { id: by, first_name: 'Mallory', last_name: 'Doe', company_name: '' },
    operation,
    description: 'Something happened',
    targets,
    details,
    success,
    req_id: `9f1c${index.toString(16).padStart(28, '0')}`,
    source_ip: told.sourceIp ?? '8.8.4.4',
  };
  return recordOf(Buffer.from(JSON.stringify(value)), index);
}

/** A normal month of an organisation of 40 people: 20,000 records, ordered by time. */
export function normalMonth(seed: number): Event[] {
  const fromMs = Date.parse('2025-01-01T00:00:00Z');
  const history = createHistory({
    seed,
    userId: 'acme-corp',
    fromMs,
    toMs: fromMs + 30 * 86_400_000,
    count: 20_000,
  });
  return Array.from({ length: history.length }, (_, index) =>
    recordOf(Buffer.from(history.bytesAt(index, 0)), index),
  );
}
