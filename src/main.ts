#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=16384 node --max-semi-space-size=1 --heap-growing-percent=100 --disable-warning=ExperimentalWarning
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Host } from './cli/host.ts';
import { runCommandLine } from './cli/program.ts';

/** Time to finish the write in hand after SIGTERM, milliseconds: container platforms kill after 10 s or more. */
const STOP_WITHIN_MS = 9_000;

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    stop.abort(new Error(`stopped by ${name}`));
    setTimeout(() => process.exit(process.exitCode ?? 1), STOP_WITHIN_MS).unref();
  });
}

let outputFailed: Error | undefined;
process.stdout.on('error', (error) => {
  outputFailed = error;
});

const host: Host = {
  env: process.env,
  stdin: process.stdin,
  async writeOut(text) {
    if (outputFailed !== undefined) throw outputFailed;
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
  writeErr(text) {
    process.stderr.write(text);
  },
  isTerminal: process.stderr.isTTY === true,
  columns: process.stderr.columns ?? 80,
  usage() {
    const { user, system } = process.cpuUsage();
    return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
  },
  compact() {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: object) => void;
    // Left to itself V8 keeps the pages of its busiest hour.
    collect({ type: 'major', flavor: 'last-resort' });
  },
  stopping: stop.signal,
  onReload(listener) {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
};

process.exitCode = await runCommandLine(process.argv.slice(2), host);
