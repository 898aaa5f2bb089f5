import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withIds } from '../../src/collector/classify.ts';
import { runOnce } from '../../src/connector/run.ts';
import type { Faults } from '../../src/demo/faults.ts';
import { createHistory, type OddOptions } from '../../src/demo/history.ts';
import { startStandIn } from '../../src/demo/stand-in.ts';
import { readEntry } from '../../src/event/answer.ts';
import { ScaledClock } from '../support/scaled-clock.ts';
import { withTestConnector } from '../support/test-connector.ts';
import { reconcileAll } from './reconcile-all.ts';

const SEEDS = Number(process.env.FAULT_SEEDS ?? 2);
const ENTRIES = 1_200;
const DAYS = 3;
const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;

const ODD: OddOptions = { ties: 0.05, twins: 0.03, sameRequest: 0.05, driftingProfiles: 0.3, undated: 0.002 };

const SWITCHES: Record<string, Faults> = {
  'no fault': {},
  'late entries': { lateShare: 0.1, lateMs: 600_000 },
  'ties in another order each time': { shuffleTies: true },
  'drift while paging': { driftShare: 0.01 },
  'capped pages': { pageCap: 30 },
  'pages of a fixed size': { pageFixed: 150 },
  'descending order': { descending: true },
  'refused deep pages': { deepest: 100 },
  'page ignored': { ignorePage: true },
  'last page repeated': { repeatLastPage: true },
  'answers short by mistake': { cutShare: 0.1 },
  'answers empty by mistake': { emptyShare: 0.1 },
  'a lagging replica': { lagShare: 0.2, lagMs: 600_000 },
  'exclusive bounds': { fromExclusive: true, toExclusive: true },
  'bounds of whole seconds, cut': { boundPrecision: 'truncated' },
  'bounds of whole seconds, rounded': { boundPrecision: 'rounded' },
  'only bounds cut to seconds': { boundPrecision: 'bounds_truncated' },
  'exclusive bounds of whole seconds': {
    fromExclusive: true,
    toExclusive: true,
    boundPrecision: 'truncated',
  },
  '429': { answers: { throttled: 0.2 }, retryAfter: 'seconds' },
  'errors in 200': { answers: { error_in_200: 0.2 } },
  'cut bodies': { answers: { truncated: 0.1, premature_close: 0.1 } },
  'resets, 5xx, pages of a proxy': {
    answers: { reset: 0.05, server_error: 0.1, login_page: 0.05, redirect: 0.02, wrong_content_type: 0.05 },
  },
  'no entries key, gzip bombs': {
    answers: { missing_entries: 0.1, gzip_bomb: 0.01 },
    bombBytes: 100_000_000,
  },
  'a server clock behind ours': { skewMs: -90_000 },
  'everything together': {
    lateShare: 0.05,
    lateMs: 600_000,
    shuffleTies: true,
    driftShare: 0.002,
    pageCap: 40,
    cutShare: 0.03,
    emptyShare: 0.03,
    lagShare: 0.05,
    fromExclusive: true,
    boundPrecision: 'truncated',
    answers: {
      throttled: 0.05,
      error_in_200: 0.05,
      server_error: 0.03,
      truncated: 0.03,
      premature_close: 0.02,
      reset: 0.02,
      login_page: 0.01,
      missing_entries: 0.02,
      wrong_content_type: 0.01,
    },
    skewMs: -20_000,
  },
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-faults-'));
});

/** Simulated time ends the grace of a stop at once: a cursor may still be on its way to the disk. */
async function removeFolder(): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

afterEach(async () => {
  await removeFolder();
});

/** Ids of all lines in the output, sorted. */
async function shippedIds(): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(join(folder, 'out', 'acme'))) {
    const text = await readFile(join(folder, 'out', 'acme', name), 'utf8');
    for (const line of text.split('\n')) {
      if (line !== '') ids.push((JSON.parse(line) as { id: string }).id);
    }
  }
  return ids.sort();
}

describe('faults of the service, over the whole way', () => {
  it.each(Object.entries(SWITCHES))(
    '%s: each entry once; reconcile adds what was hidden; a second run adds nothing',
    async (_name, faults) => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        await removeFolder();
        await play(faults, seed);
      }
    },
    900_000,
  );
});

async function play(faults: Faults, seed: number): Promise<void> {
  const nowMs = Date.UTC(2026, 5, 15, 12);
  const clock = new ScaledClock(nowMs, 200);
  const log = createHistory({
    seed,
    userId: 'acme-corp',
    fromMs: nowMs - DAYS * DAY_MS,
    toMs: nowMs - 600_000,
    // An answer in the wrong order proves ten times less: more requests for each entry.
    count: faults.descending === true ? ENTRIES / 4 : ENTRIES,
    odd: ODD,
  });
  const standIn = await startStandIn({
    log,
    userId: 'acme-corp',
    pat: 'pat',
    requestsPerSecond: 'off',
    gzip: true,
    seed,
    faults: { ...faults },
    nowMs: () => clock.nowMs(),
  });
  try {
    const options = { folder, url: standIn.url, userId: 'acme-corp', pat: 'pat', clock, seed };
    const once = { reconcile: false };
    await withTestConnector(options, (connector) => runOnce(connector, once, NEVER));
    const first = await shippedIds();
    expect(new Set(first).size).toBe(first.length);
    standIn.settle();
    await withTestConnector(options, async (connector) => {
      const runs = runOnce(connector, once, NEVER);
      await runs;
    });
    await withTestConnector(options, (connector) => reconcileAll(connector));
    const truth = withIds([...standIn.truth()].map((bytes) => readEntry(Buffer.from(bytes)))).map(
      ({ id }) => id,
    );
    expect(await shippedIds()).toEqual(truth.sort());
    const late = await withTestConnector(options, (connector) => reconcileAll(connector));
    expect(late).toBe(0);
    await withTestConnector(options, (connector) => runOnce(connector, once, NEVER));
    expect(await shippedIds()).toEqual(truth);
  } finally {
    await standIn.close();
  }
}
