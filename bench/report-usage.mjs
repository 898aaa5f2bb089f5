// Preloaded into the measured process: writes its resource usage to the file that USAGE_FILE names when it ends.
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeFileSync(process.env.USAGE_FILE, JSON.stringify({ userCPUTime, systemCPUTime, maxRSS }));
});
