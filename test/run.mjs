/**
 * Runs every test of the tree, each file in a process of its own, and closes with the line
 * `N passed, N failed, N skipped`. A run that found no test fails.
 *
 *   npm test                 everything
 *   npm test -- kernel fs    only files whose path holds one of these words
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

/** A file that takes longer than this hangs, in milliseconds: on a busy machine, too. */
const FILE_LIMIT_MS = Number(process.env['WAITBUS_TEST_FILE_LIMIT_S'] || 600) * 1000;

/** What node:test counts by itself, at the end of each file. */
const OWN_SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);
const files = testFiles(root).filter(
  (file) => words.length === 0 || words.some((word) => relative(root, file).includes(word)),
);
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

for await (const { type, data } of run({
  files,
  concurrency: availableParallelism(),
  timeout: FILE_LIMIT_MS,
})) {
  if (type === 'test:stderr' || type === 'test:stdout') process.stderr.write(data.message);
  if (type === 'test:diagnostic' && !OWN_SUMMARY.test(data.message)) {
    console.log(`     ${data.message}`);
  }
  if (type === 'test:pass') passed(data);
  if (type === 'test:fail') failed(data);
}

for (const { name, file, details } of failures) {
  console.log(`\nFAILED ${relative(root, file)}: ${name}`);
  const { error } = details;
  console.log(inspect(error?.cause ?? error, { colors: process.stdout.isTTY }));
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;

/** Suites and files count only when they fail without a failing test inside. */
function passed({ name, file, skip, todo, details }) {
  if (details.type === 'suite' || isFile(name)) return;
  const mark = skip !== undefined || todo !== undefined ? 'skip' : 'ok';
  counts[mark === 'ok' ? 'passed' : 'skipped'] += 1;
  const why = typeof skip === 'string' ? ` (${skip})` : '';
  const took = Math.round(details.duration_ms);
  console.log(`${mark.padEnd(4)} ${relative(root, file)}: ${name}${why} ${took} ms`);
}

function failed(data) {
  const { failureType } = data.details.error ?? {};
  if (failureType === 'subtestsFailed') return;
  counts.failed += 1;
  failures.push(data);
  console.log(`FAIL ${relative(root, data.file ?? '')}: ${data.name}`);
}

function isFile(name) {
  return /\.test\.ts$/.test(name);
}

function testFiles(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist', '.git', 'fixtures'].includes(entry.name)
        ? []
        : testFiles(path);
    }
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}
