import { resolveStart } from '../connector/open.ts';
import { openConfig, withLock } from '../connector/session.ts';
import { fingerprintOf } from '../journal/fingerprint.ts';
import { repairJournal } from '../journal/repair.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { selectSources } from './select-sources.ts';

/** Options of `repair`. */
export interface RepairOptions extends CommonOptions {
  readonly source?: string;
}

/** `repair`: sets the damaged tail of a journal aside and starts a new chain from its good part. */
export async function execute(options: RepairOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const { clock, random } = machine;
  const sources = selectSources(config, options.source);
  return withLock(config, machine, async (store) => {
    for (const source of sources) {
      const report = await repairJournal({
        store,
        source: source.id,
        clock,
        random,
        fingerprint: fingerprintOf(source),
        resolveStart: () => resolveStart(source.start, clock.nowMs()),
      });
      if (report === undefined) {
        await host.writeOut(`${source.id}: nothing is damaged, nothing was changed\n`);
        continue;
      }
      const { replaced, chainId, lastGood, aside } = report;
      await host.writeOut(
        `${source.id}: chain ${replaced} was replaced by ${chainId}; kept up to segment ${lastGood}\n` +
          `${aside.map((key) => `  set aside: ${key}\n`).join('')}` +
          '  The next run reads again what is no longer covered; sinks get it under the same event ids.\n',
      );
    }
    return ExitCode.done;
  });
}
