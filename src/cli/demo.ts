import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runForever, runOnce } from '../connector/run.ts';
import { openConfig, withConnector, withLock } from '../connector/session.ts';
import { createHistory, type History } from '../demo/history.ts';
import { type StandIn, startStandIn } from '../demo/stand-in.ts';
import { ExitCode } from '../runtime/errors.ts';
import { formatSeconds } from '../runtime/quantity.ts';
import { execute as check } from './check.ts';
import type { Host } from './host.ts';
import { execute as verify } from './verify.ts';
import { planSpans, withProgress } from './work-progress.ts';

const USER_ID = 'acme-corp';
const PAT = 'demo-pat-of-the-stand-in';
const ENTRIES = 50_000;
const DAY_MS = 86_400_000;
/** New entries that happen while the demo polls, and how long apart, milliseconds. */
const NEW_ENTRIES = 5;
const NEW_EVERY_MS = 900;

/** `demo`: the main job against a stand-in for the API on loopback. Exit 0 when everything arrived once. */
export async function execute(_options: object, host: Host): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'clarifai-siem-export-demo-'));
  const nowMs = Date.now();
  const history = createHistory({
    seed: 1,
    userId: USER_ID,
    fromMs: nowMs - 90 * DAY_MS,
    toMs: nowMs - 60_000,
    count: ENTRIES,
  });
  const standIn = await startStandIn({ log: history, userId: USER_ID, pat: PAT, latencyMs: 50 });
  try {
    return await new Demo(host, folder, standIn, history).play();
  } finally {
    await standIn.close();
  }
}

class Demo {
  readonly #host: Host;
  readonly #folder: string;
  readonly #config: string;
  readonly #standIn: StandIn;
  readonly #history: History;

  constructor(host: Host, folder: string, standIn: StandIn, history: History) {
    this.#host = quiet(host);
    this.#folder = folder;
    this.#config = join(folder, 'connector.yaml');
    this.#standIn = standIn;
    this.#history = history;
  }

  async play(): Promise<number> {
    await writeFile(this.#config, configOf(this.#standIn.url));
    await this.#say(`A stand-in for the Clarifai API listens on ${this.#standIn.url}: the audit log of an`);
    await this.#say(
      `organisation with ${ENTRIES} entries in 90 days. Everything of this demo is in ${this.#folder}\n`,
    );
    await this.#step('check', 'try config, PAT and sink, without leaving data');
    const checked = await check({ config: this.#config }, this.#host);
    if (checked !== ExitCode.done) return checked;
    await this.#step('run --once', 'read all history into the journal, ship it as ECS lines');
    await this.#backfill();
    await this.#step('run', `poll while ${NEW_ENTRIES} new things happen`);
    await this.#poll();
    await this.#step('verify', 'check the chained journal, offline');
    const verified = await verify({ config: this.#config }, this.#host);
    await this.#step('look', 'the newest records');
    const records = await this.#records();
    for (const line of records.slice(-2)) await this.#say(`${line}\n`);
    return this.#verdict(verified, records.length);
  }

  async #backfill(): Promise<void> {
    const startedMs = performance.now();
    const { config, machine } = await openConfig(this.#config, this.#host);
    await withLock(config, machine, (store) =>
      withConnector(config, machine, store, this.#host.stopping, (connector) =>
        withProgress(this.#host, machine.clock, 'backfill', planSpans(connector), (onProven) =>
          runOnce(connector, { reconcile: false, onProven }, this.#host.stopping),
        ),
      ),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    const { total, mostPerSecond } = this.#standIn.requests;
    const records = (await this.#records()).length;
    await this.#say(
      `${records} records in ${formatSeconds(seconds)}: ${Math.round(records / seconds)}/s, ${total} requests, ` +
        `at most ${mostPerSecond} of them in any second (Clarifai allows 15)`,
    );
  }

  async #poll(): Promise<void> {
    const { config, machine } = await openConfig(this.#config, this.#host);
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#host.stopping]);
    const before = (await this.#records()).length;
    await withLock(config, machine, (store) =>
      withConnector(config, machine, store, signal, async (connector) => {
        const running = runForever(connector, signal);
        const feeding = this.#feed(before, signal).finally(() =>
          stop.abort(new Error('the demo has seen enough')),
        );
        await Promise.all([running, feeding]);
      }),
    );
  }

  /** Lets things happen, and waits until their records are in the file. */
  async #feed(before: number, signal: AbortSignal): Promise<void> {
    for (let i = 0; i < NEW_ENTRIES; i++) {
      await pause(NEW_EVERY_MS, signal);
      this.#history.append({ atMs: Date.now() });
    }
    let shown = before;
    for (let tries = 0; tries < 40 && shown < before + NEW_ENTRIES; tries++) {
      await pause(250, signal);
      const now = (await this.#records()).length;
      if (now > shown) await this.#say(`${now - shown} new record(s) arrived`);
      shown = now;
    }
  }

  async #records(): Promise<string[]> {
    const folder = join(this.#folder, 'out', 'acme');
    const lines: string[] = [];
    for (const name of (await readdir(folder)).sort()) {
      const text = await readFile(join(folder, name), 'utf8');
      lines.push(...text.split('\n').filter((line) => line !== ''));
    }
    return lines;
  }

  async #verdict(verified: number, records: number): Promise<number> {
    const expected = this.#history.length;
    if (verified !== ExitCode.done) return verified;
    if (records !== expected) {
      await this.#say(
        `\nThe API holds ${expected} entries, and ${records} records arrived: please report this.`,
      );
      return ExitCode.unexpected;
    }
    await this.#say(
      `\nAll ${expected} entries of the API arrived, each once. Look around in ${this.#folder}`,
    );
    await this.#say(
      'Your own organisation: copy config/connector.example.yaml to config/connector.yaml, set user_id and',
    );
    await this.#say('pat_file, then "npm start -- check" and "npm start -- run".');
    return ExitCode.done;
  }

  async #step(command: string, what: string): Promise<void> {
    await this.#say(`\n── ${command} ── ${what}`);
  }

  async #say(text: string): Promise<void> {
    await this.#host.writeOut(`${text}\n`);
  }
}

/** The demo tells its own story: of the log only what needs somebody is shown. */
function quiet(host: Host): Host {
  return { ...host, env: { ...host.env, HTTPS_PROXY: undefined, https_proxy: undefined } };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  await sleep(ms, undefined, { signal }).catch(() => {});
}

function configOf(url: string): string {
  return `# Made by "clarifai-siem-export demo"; the stand-in it names is gone when the demo has ended.
sources:
  - id: acme
    user_id: ${USER_ID}
    pat: ${PAT}
    base_url: ${url}
    start: -91d
    schedule: "* * * * * *"
    settle: 1s
journal:
  path: ./data
sinks:
  - id: local
    type: file
    format: ecs
    path: ./out
server: false
log: { level: warn }
`;
}
