/** daemon.log while the daemon runs: it stays under its limit, and what came before is kept once. */
import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LogFile } from '../src/daemon-log.js';

const LINE = `${'x'.repeat(99)}\n`;

function logged(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-test-'));
  const path = join(directory, 'daemon.log');
  const fd = openSync(path, 'a', 0o600);
  t.after(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true, force: true });
  });
  const write = (file: LogFile, count: number) => {
    for (let done = 0; done < count; done += 1) {
      file.grows(LINE);
      writeSync(fd, LINE);
    }
  };
  return { directory, path, fd, write };
}

test('a log that grows over its limit is kept as .1 and begins anew, each time', (t) => {
  const { path, fd, write } = logged(t);
  write(new LogFile(path, fd, 1000), 25);
  assert.equal(readFileSync(path, 'utf8'), LINE.repeat(5));
  assert.equal(readFileSync(`${path}.1`, 'utf8'), LINE.repeat(10));
});

test('what was there at the start counts', (t) => {
  const { path, fd, write } = logged(t);
  writeFileSync(path, LINE.repeat(9));
  write(new LogFile(path, fd, 1000), 2);
  assert.equal(readFileSync(path, 'utf8'), LINE);
  assert.equal(readFileSync(`${path}.1`, 'utf8'), LINE.repeat(10));
});

test('a link in the place of the copy is not followed, and another file of the name not cut', (t) => {
  const { directory, path, fd, write } = logged(t);
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, `${path}.1`);
  write(new LogFile(path, fd, 1000), 11);
  assert.equal(readFileSync(`${path}.1`, 'utf8'), LINE.repeat(10));
  write(new LogFile(victim, fd, 1000), 20);
  assert.equal(readFileSync(victim, 'utf8'), 'untouched');
  assert.equal(readFileSync(path, 'utf8'), LINE.repeat(21));
});
