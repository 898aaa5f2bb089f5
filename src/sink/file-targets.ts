import { formatState, parseState } from './file-state.ts';
import type { FileFacts } from './file-system.ts';
import type { SinkState } from './sink.ts';

/** Files whose offset is kept on record. */
const MAX_FILES = 64;

/** A file that is written to. */
export interface Target {
  readonly inode: string;
  /** Everything before it belongs to completed batches, or was there before us. Bytes. */
  offset: number;
  /**
   * True while the file must end at `offset`. False after a start or a failed batch: what stands behind `offset`
   * may be ours, and is compared with what is due.
   */
  settled: boolean;
  /** False until the state that is saved names this file. */
  recorded: boolean;
}

/** How a file differs from what is on record of it. */
export type Change = 'gone' | 'replaced' | 'cut' | 'grown';

/** What, if anything, happened to the file of `target` behind our back. */
export function changeOf(target: Target, facts: FileFacts | undefined): Change | undefined {
  if (facts === undefined) return 'gone';
  if (facts.inode !== target.inode) return 'replaced';
  if (facts.size < target.offset) return 'cut';
  return target.settled && facts.size > target.offset ? 'grown' : undefined;
}

/** The files of one writer by name, in the order of their last use. */
export class FileTargets {
  readonly #targets = new Map<string, Target>();

  /** Begins with a saved state. Throws `sink.state_damaged`. */
  constructor(state: SinkState | undefined) {
    for (const [name, saved] of parseState(state)) {
      this.#targets.set(name, { ...saved, settled: false, recorded: true });
    }
  }

  /**
   * Looks at the files of the saved state: those without anything behind their offset need no comparison, those
   * that are not what they were are forgotten and taken up anew when they are due.
   */
  async settle(factsOf: (name: string) => Promise<FileFacts | undefined>): Promise<void> {
    for (const [name, target] of [...this.#targets]) {
      const facts = await factsOf(name);
      if (changeOf(target, facts) !== undefined) this.#targets.delete(name);
      else target.settled = facts?.size === target.offset;
    }
  }

  /** The target `name`; undefined when it is not known. */
  find(name: string): Target | undefined {
    return this.#targets.get(name);
  }

  /** Sets or replaces target `name`, and makes it the one used last. */
  use(name: string, target: Target): void {
    this.#targets.delete(name);
    this.#targets.set(name, target);
  }

  /** The state to save. */
  state(): SinkState {
    return formatState(this.#targets);
  }

  /** The state that {@link state} gave is saved. */
  recorded(): void {
    for (const target of this.#targets.values()) target.recorded = true;
  }

  /**
   * Forgets the files used longest ago beyond {@link MAX_FILES}. An unsettled one stays: what is behind its offset
   * would be written twice.
   */
  trim(): void {
    let surplus = this.#targets.size - MAX_FILES;
    for (const [name, { settled }] of this.#targets) {
      if (surplus <= 0) return;
      if (!settled) continue;
      this.#targets.delete(name);
      surplus -= 1;
    }
  }
}
