import type { Host } from '../cli/host.ts';
import type { Clock } from '../runtime/clock.ts';

/** What is looked at, and what is done. */
export interface KeepSmallDeps {
  readonly clock: Clock;
  readonly host: Pick<Host, 'usage' | 'compact'>;
  /** Lets go of what is only kept to be quick. */
  readonly shrink: () => void;
}

/** How often it is looked whether there is work, milliseconds. */
const LOOK_EVERY_MS = 15_000;
/** Less CPU between two looks than this is rest, seconds: a poll with nothing new takes a hundredth of a second. */
const REST_CPU_SECONDS = 0.1;
/** Work since memory was last given back that makes it worth doing, CPU seconds. */
const WORTH_CPU_SECONDS = 0.5;

/**
 * Gives memory back when there is nothing to do after a time of work: what reading a history took would otherwise
 * stay with an idle sidecar for good. Runs until `signal` aborts.
 */
export async function keepSmall({ clock, host, shrink }: KeepSmallDeps, signal: AbortSignal): Promise<void> {
  const { usage, compact } = host;
  if (usage === undefined || compact === undefined) return;
  let lookedAt = usage().cpuSeconds;
  let compactedAt = 0;
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    const { cpuSeconds } = usage();
    const rests = cpuSeconds - lookedAt < REST_CPU_SECONDS;
    lookedAt = cpuSeconds;
    if (signal.aborted || !rests || cpuSeconds - compactedAt < WORTH_CPU_SECONDS) continue;
    shrink();
    compact();
    compactedAt = usage().cpuSeconds;
    lookedAt = compactedAt;
  }
}
