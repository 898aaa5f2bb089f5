// Adds up the test reports of a folder into one line: N passed, N failed, N skipped.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const sum = { passed: 0, failed: 0, skipped: 0 };
const reports = readdirSync(folder).filter((name) => name.endsWith('.json'));
for (const name of reports) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests + report.numFailedTestSuites;
  sum.skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = reports.length > 0 && sum.passed > 0 && sum.failed === 0 ? 0 : 1;
