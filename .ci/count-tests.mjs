// Prints "N passed, N failed" over the JSON reports of vitest named on the command line. Runs on any Node from 20 on.
import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed += report.numPassedTests;
  // A file that could not be loaded has no tests to count, and must not look as if all were well.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const faults = report.numFailedTests + broken.length;
  failed += faults === 0 && !report.success ? 1 : faults;
}
console.log(`${passed} passed, ${failed} failed`);
