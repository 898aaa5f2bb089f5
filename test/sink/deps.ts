import { silentLog } from '../../src/runtime/log.ts';
import { systemClock, systemRandom } from '../../src/runtime/system-clock.ts';
import type { SinkDeps } from '../../src/sink/registry.ts';

/** What a sink is made with on a real machine: no output, no environment. */
export function sinkDeps(): SinkDeps {
  return {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    stdout: { write: async () => {} },
    env: {},
  };
}
