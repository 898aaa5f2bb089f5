import { openConfig, readStore } from '../connector/session.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { VerifyReport } from '../journal/verify.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';

/** `verify`: checks the chain of every source, offline and without a lock. */
export async function execute(options: CommonOptions, host: Host): Promise<number> {
  const { verifyJournal } = await import('../journal/verify.ts');
  const { config } = await openConfig(options.config, host);
  const store = readStore(config);
  let damaged = false;
  for (const { id } of config.sources) {
    const report = await verifyJournal(store, id, { signal: host.stopping });
    damaged ||= report.faultCount > 0;
    await host.writeOut(describe(report));
  }
  return damaged ? ExitCode.damaged : ExitCode.done;
}

function describe(report: VerifyReport): string {
  const { source, chainId, begins, ends, segments, entries, head, trimmed, faults, faultCount } = report;
  if (ends < 0 && faultCount === 0) return `${source}: no journal yet\n`;
  const lines: string[] = [];
  if (faultCount === 0) {
    lines.push(
      `${source}: ok, ${entries} entries in ${segments} segments, each once; chain ${chainId} unbroken`,
    );
    if (head !== undefined) lines.push(`  head: segment ${head.n}, sha256 ${head.hash}`);
  } else {
    lines.push(
      `${source}: DAMAGED, ${faultCount} fault${faultCount === 1 ? '' : 's'}; good up to segment ${report.lastGood}`,
    );
    for (const { key, reason } of faults) lines.push(`  ${key}: ${reason}`);
    if (faultCount > faults.length) lines.push(`  … and ${faultCount - faults.length} more`);
    lines.push('  Restore the objects from a backup, or run "clarifai-siem-export repair".');
  }
  if (trimmed.length > 0) {
    lines.push(`  removed by retention (segments from ${begins} are kept):`);
    for (const { from, to } of trimmed) lines.push(`    ${formatTimestamp(from)} to ${formatTimestamp(to)}`);
  }
  return `${lines.join('\n')}\n`;
}
