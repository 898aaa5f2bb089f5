/** Runs tasks by cron expressions in UTC. Handed in like the clock. */
export interface Scheduler {
  /**
   * Runs `task` at every time that `expression` names; a run that is due while the last one still runs is left out.
   * `task` handles its own errors. Returns what ends the schedule.
   */
  every(expression: string, task: () => Promise<void>): () => void;
  /** The longest pause between two of the next runs, milliseconds; absent where nobody waits for it. */
  longestPauseMs?(expression: string): number;
}
