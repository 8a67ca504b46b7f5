/** Places where packages are put together: whoever opens one keeps it, however many others do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { STAGING } from '../src/plugins/layout.js';
import { openStaging } from '../src/plugins/staging.js';

const MODULE = new URL('../src/plugins/staging.ts', import.meta.url).href;
/** Opens places one after the other, and ends with 1 when one of them is taken away. */
const OPENER = `
import { existsSync } from 'node:fs';
const { openStaging } = await import(${JSON.stringify(MODULE)});
for (let round = 0; round < 300; round += 1) {
  const staging = openStaging(process.argv[1]);
  const kept = existsSync(staging.tarballs) && existsSync(staging.prefix);
  staging[Symbol.dispose]();
  if (!kept) process.exit(1);
}`;

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('nobody sweeps away what another is just opening', async (t) => {
  const directory = place(t);
  const args = ['--import', 'tsx', '--input-type=module', '-e', OPENER, directory];
  const openers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  const codes = openers.map(async (opener) => {
    let said = '';
    opener.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(opener, 'close')) as [number | null];
    return `${code}${said}`;
  });
  assert.deepEqual(await Promise.all(codes), ['0', '0', '0', '0']);
  assert.deepEqual(readdirSync(join(directory, STAGING)), []);
});

test('what a killed command left is removed by the next', (t) => {
  const directory = place(t);
  const left = join(directory, STAGING, 'add-0123456789ab');
  mkdirSync(left, { recursive: true });
  using staging = openStaging(directory);
  assert.equal(existsSync(left), false);
  assert.equal(existsSync(staging.directory), true);
});
