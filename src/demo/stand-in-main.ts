import { parseArgs } from 'node:util';
import { createHistory } from './history.ts';
import { startStandIn } from './stand-in.ts';

/*
 * The stand-in as a process of its own, for benchmarks and use by hand. Prints one JSON line when it listens.
 * Ends on SIGTERM and SIGINT, with --with-parent also when stdin ends. Tells its counters at GET /_stats and,
 * on stderr, on SIGUSR2.
 */

const USER_ID = 'acme-corp';
const PAT = 'pat-of-the-stand-in';
const DAY_MS = 86_400_000;

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '10000' },
    days: { type: 'string', default: '90' },
    'latency-ms': { type: 'string', default: '0' },
    'requests-per-second': { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    port: { type: 'string', default: '0' },
    'entry-bytes': { type: 'string', default: '1000' },
    'page-cap': { type: 'string', default: '1000' },
    gzip: { type: 'boolean', default: false },
    'with-parent': { type: 'boolean', default: false },
  },
});

/** The number that option `name` gives; anything else ends the process. */
function numberOf(name: string, text: string, least: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number >= least) return number;
  process.stderr.write(`--${name} is "${text}": give a number from ${least}.\n`);
  process.exit(2);
}

// Nothing is younger than any settle time: a single run reads all there is.
const toMs = Date.now() - 120_000;
const fromMs = toMs - numberOf('days', values.days, 0.001) * DAY_MS;
const seed = numberOf('seed', values.seed, 0);
const limit = values['requests-per-second'];
const log = createHistory({
  seed,
  userId: USER_ID,
  fromMs,
  toMs,
  count: numberOf('entries', values.entries, 0),
  entryBytes: numberOf('entry-bytes', values['entry-bytes'], 1),
});
const standIn = await startStandIn({
  log,
  userId: USER_ID,
  pat: PAT,
  seed,
  port: numberOf('port', values.port, 0),
  latencyMs: numberOf('latency-ms', values['latency-ms'], 0),
  requestsPerSecond: limit === 'off' ? 'off' : numberOf('requests-per-second', limit, 1),
  gzip: values.gzip,
  faults: { pageCap: numberOf('page-cap', values['page-cap'], 1) },
});

const end = () => void standIn.close().then(() => process.exit(0));
process.once('SIGTERM', end);
process.once('SIGINT', end);
process.on('SIGUSR2', () => process.stderr.write(`${JSON.stringify(standIn.requests)}\n`));
if (values['with-parent']) process.stdin.resume().once('close', end).once('end', end);

const about = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
process.stdout.write(`${JSON.stringify({ url: standIn.url, userId: USER_ID, pat: PAT, ...about })}\n`);
