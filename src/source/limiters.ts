import type { SourceConfig } from '../config/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Limiter, RateLimiter } from './limiter.ts';

/**
 * One limiter for each PAT, by source id: sources with the same PAT share theirs, at the lowest rate that any of
 * them is configured with.
 */
export function createLimiters(sources: readonly SourceConfig[], clock: Clock): ReadonlyMap<string, Limiter> {
  const byPat = Map.groupBy(sources, (source) => source.pat.reveal());
  const bySource = new Map<string, Limiter>();
  for (const sharing of byPat.values()) {
    const requestsPerSecond = Math.min(...sharing.map((source) => source.requestsPerSecond));
    const limiter = new RateLimiter({ requestsPerSecond, clock });
    for (const source of sharing) bySource.set(source.id, limiter);
  }
  return bySource;
}
