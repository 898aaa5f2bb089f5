// Names what failed: tests in the reports of a folder, and steps, which may fail without a failed test (an error that
// no test caught). Adds them up into one line: N passed, N failed, N skipped.
//
// node summary.mjs <folder> [<failed step> ...]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...steps] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
const reports = readdirSync(folder).filter((name) => name.endsWith('.json'));
for (const name of reports) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests + report.numFailedTestSuites;
  for (const file of report.testResults.filter(({ status }) => status === 'failed')) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed');
    const told = tests.map(({ fullName, failureMessages }) => [fullName, failureMessages[0]]);
    for (const [name, message] of told.length > 0 ? told : [['the file itself', file.message]]) {
      console.log(`failed: ${file.name}: ${name}: ${String(message).split('\n')[0]}`);
    }
  }
  sum.skipped += report.numPendingTests + report.numTodoTests;
}
for (const step of steps) console.log(`failed step: ${step}`);
// A step that failed is told even when all its tests passed.
if (sum.failed === 0) sum.failed = steps.length;
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = reports.length > 0 && sum.passed > 0 && sum.failed === 0 ? 0 : 1;
