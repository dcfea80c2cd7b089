// Prints the verdict of a test run as its last line, `N passed, N failed`, and exits non-zero unless everything passed.
// Called with the runner's JSON report and its exit code. What failed outside of a test (a file that does not load, an error
// nobody caught, a crash, no report at all) counts as one failure per file, or one in all: a red run never says "0 failed".
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * Counts a run.
 * @param report the parsed JSON report, or undefined when there is none
 * @param exitCode of the runner
 */
export function countRun(report, exitCode) {
  const files = Array.isArray(report?.testResults) ? report.testResults : [];
  const tests = files.flatMap((file) => file.assertionResults ?? []);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const failedFiles = files.filter(
    (file) => file.status === 'failed' && !(file.assertionResults ?? []).some((test) => test.status === 'failed'),
  );
  const failed = tests.filter((test) => test.status === 'failed').length + failedFiles.length;
  const isGreen = exitCode === 0 && report?.success === true && passed > 0;
  return { passed, failed: isGreen ? failed : Math.max(failed, 1) };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  let report;
  try {
    report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  } catch {
    report = undefined;
  }
  const { passed, failed } = countRun(report, Number(process.argv[3]));
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
