import { createTask, schedule } from 'node-cron';
import type { Scheduler } from './scheduler.ts';

/** Runs that are looked at to find the longest pause: a week of quarter hours at work. */
const RUNS_AHEAD = 300;

/** {@link Scheduler} on node-cron. */
export const cronScheduler: Scheduler = {
  every(expression, task) {
    const scheduled = schedule(expression, task, { timezone: 'UTC', noOverlap: true });
    return () => {
      void scheduled.destroy();
    };
  },
  longestPauseMs(expression) {
    const task = createTask(expression, () => {}, { timezone: 'UTC' });
    const runs = task.getNextRuns(RUNS_AHEAD).map((date) => date.getTime());
    void task.destroy();
    return runs.slice(1).reduce((longest, at, i) => Math.max(longest, at - runs[i]!), 0);
  },
};
