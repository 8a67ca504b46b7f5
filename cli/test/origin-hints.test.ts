/** Which origin is on no GitHub server, and what is said of a wait on the CI of its checkout. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { originHints } from '../src/commands/origin-hints.js';
import { parseWait } from '../src/commands/parse-wait.js';
import { foreignHost, originRepo } from '../src/origin-repo.js';

test('an origin that is on no GitHub server, and one of which the name does not tell', () => {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-origin-'));
  mkdirSync(join(directory, '.git'));
  const origin = (url: string) => {
    writeFileSync(join(directory, '.git', 'config'), `[remote "origin"]\n\turl = ${url}\n`);
    return [foreignHost(directory), originRepo(directory)];
  };
  assert.deepEqual(origin('https://gitlab.com/o/r.git'), ['gitlab.com', 'o/r']);
  assert.deepEqual(origin('git@codeberg.org:o/r.git'), ['codeberg.org', 'o/r']);
  assert.deepEqual(origin('ssh://git@git.acme.example:22/o/r'), ['git.acme.example', 'o/r']);
  for (const url of ['git@github.com:o/r', 'https://GitHub.com/o/r', 'git@work:o/r']) {
    assert.deepEqual(origin(url), [null, 'o/r'], url);
  }
  for (const url of ['/srv/git/o/r.git', '../o/r', 'file:///srv/o/r.git']) {
    assert.deepEqual(origin(url), [null, null], url);
  }
  rmSync(directory, { recursive: true });
});

test('a wait on the CI of such a checkout says so, unless it names the repository or the server', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'waitbus-origin-'));
  mkdirSync(join(cwd, '.git'));
  const url = 'https://gitlab.com/o/r.git';
  writeFileSync(join(cwd, '.git', 'config'), `[remote "origin"]\n\turl = ${url}\n`);
  const hints = (env: NodeJS.ProcessEnv, ...args: readonly string[]) =>
    originHints(parseWait(args, { cwd, now: 0 }), env);
  const sha = ['--sha', '7f3a1b2'];
  const [said = ''] = await hints({}, ...sha);
  assert.match(said, /is on gitlab\.com, which is not github\.com: .*--repo owner\/repo/);
  assert.match(said, /waitbus config set sources\.github\.apiUrl https:\/\/gitlab\.com\/api\/v3$/);
  assert.deepEqual(await hints({}, ...sha, '--repo', 'o/r'), []);
  assert.deepEqual(await hints({ GITHUB_API_URL: 'https://gitlab.com/api/v3' }, ...sha), []);
  assert.deepEqual(await hints({}, '--source', 'fs'), []);
  rmSync(cwd, { recursive: true });
});
