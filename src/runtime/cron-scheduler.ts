import { schedule } from 'node-cron';
import type { Scheduler } from './scheduler.ts';

/** {@link Scheduler} on node-cron. */
export const cronScheduler: Scheduler = {
  every(expression, task) {
    const scheduled = schedule(expression, task, { timezone: 'UTC', noOverlap: true });
    return () => {
      void scheduled.destroy();
    };
  },
};
