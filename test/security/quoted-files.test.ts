/**
 * A lock, settings or a configuration that fails to be parsed may be any file of the user's, by a link
 * or an option that a repository gives: nothing of what stands in it is said, logged or reported.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { canonicalize, parseLockfile } from '@waitbus/plugin-sdk/lockfile';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import { parseConfig } from '../../cli/src/config/parse.js';
import { Sandbox, type Ended } from '../support/sandbox.js';

const SECRET = 'hunter2';
/** Each fails elsewhere in a parser of JSON or YAML, and the parsers' own words quote it. */
const TEXTS = [
  `${SECRET}:x:0:0:root:/root:/bin/sh\n: ${SECRET}`,
  `{"token": "${SECRET}", ${SECRET}: [}`,
  `{"token": ${SECRET}]`,
  `{"a": 1} ${SECRET}`,
  `["${SECRET}\n"] "`,
  `{"a": "\\${SECRET}"}`,
  `a: *${SECRET}\n`,
  `a: {${SECRET}: [b\n`,
  `"${SECRET}": 1\n"${SECRET}": 2\n`,
  `%${SECRET} 1\n---\na: !${SECRET} [\n`,
  `a: "\\q${SECRET}"\n`,
  `${SECRET} = = "${SECRET}"\n\t- x: y\n`,
];
/** Of them, for what starts a command each. */
const FEW = TEXTS.slice(0, 3);

const box = new Sandbox();
before(() => box.daemon());
after(() => box[Symbol.asyncDispose]());

function put(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function assertUnquoted(args: readonly string[], input = ''): Promise<Ended> {
  const ended = await box.run(args, input);
  const said = `${ended.stdout}${ended.stderr}`;
  assert.ok(!said.includes(SECRET), `${args.join(' ')}: ${said}`);
  return ended;
}

test('no parser of a lock, a manifest or a configuration quotes', () => {
  for (const text of TEXTS) {
    for (const parse of [
      () => parseLockfile(text, 'lock'),
      () => canonicalize(text, 'lock'),
      () => readManifest(text, 'package.json'),
      () => JSON.parse(text) as unknown,
    ]) {
      assert.throws(parse, (error) => {
        const { message, remedy } = asWaitbusError(error);
        return !`${message}${remedy}`.includes(SECRET);
      });
    }
    for (const file of ['config.json', 'config.yaml']) {
      const { problems } = parseConfig(text, file);
      assert.notEqual(problems.length, 0, `${file}: ${text}`);
      assert.ok(!JSON.stringify(problems).includes(SECRET), JSON.stringify(problems));
    }
  }
});

test('nor does a command that reads a lock, a report for code scanning neither', async () => {
  for (const text of FEW) {
    const lock = ['--lockfile', put(join(box.work, 'other.lock'), text)];
    await assertUnquoted(['plugin', 'audit', ...lock]);
    const { stdout } = await assertUnquoted(['plugin', 'audit', '--sarif', ...lock]);
    assert.match(stdout, /not JSON from/);
  }
  const lock = ['--lockfile', put(join(box.work, 'other.lock'), FEW[0] ?? '')];
  for (const verb of [['audit', '--json'], ['verify'], ['list'], ['lock', '--fix'], ['install']]) {
    await assertUnquoted(['plugin', ...verb, ...lock]);
  }
});

test('nor of a configuration, a package, secrets, or what is piped', async () => {
  for (const text of FEW) {
    const config = put(join(box.directory, 'elsewhere', 'config.json'), text);
    assert.notEqual((await assertUnquoted(['config', 'validate', config])).code, 0);
    put(join(box.work, 'package', 'package.json'), text);
    await assertUnquoted(['plugin', 'add', './package', '--yes']);
    put(join(box.paths.stateDir, 'secrets.json'), text);
    await assertUnquoted(['secret', 'list']);
    await assertUnquoted(['emit', '--json', '-'], text);
    await assertUnquoted(['hook', 'claude', 'Stop'], text);
  }
});

test("nor of a harness's settings", async () => {
  for (const text of FEW) {
    put(join(box.directory, 'home', '.claude', 'settings.json'), text);
    put(join(box.directory, 'home', '.codex', 'config.toml'), text);
    for (const verb of ['install', 'uninstall']) {
      await assertUnquoted([verb, 'claude', 'codex', '--dry-run']);
    }
  }
});
