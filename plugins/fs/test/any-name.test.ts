/** A name alone leaves nothing out: what is written and left is told, once, whatever it is called. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { nameOfBytes, shownName, systemPath } from '../src/file-name.js';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

const SEED = Number(process.env['WAITBUS_TEST_SEED'] ?? Date.now() % 100_000);

/** Names that tools give to what they throw away again, around any other. */
const FORMS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `.${name}`,
  (name) => `${name}~`,
  (name) => `.${name}.swp`,
  (name) => `#${name}#`,
  (name) => `.#${name}`,
  (name) => `.~lock.${name}#`,
  (name) => `~$${name}`,
  (name) => `${name}.tmp`,
  (name) => `${name}.tmp.json`,
  (name) => `${name}.tmp.123.x`,
  (name) => `.${name}.aB3xY9`,
  (name) => `${name}___jb_tmp___`,
  (name) => `.goutputstream-${name}`,
];
const FIXED = ['4913', '5036', '.swp', 'report.tmp.json', 'sedA1b2C3', '.nfs00000000012', '.git'];
const FIXED_TOO = ['node_modules', '~', '#', '...', ' ', '\n', '\\', '-', '\u001B[31m', 'a\u202Eb'];

test(`any name, written and left, is told once (seed ${SEED})`, async (t) => {
  const root = temporaryDirectory(t);
  const bytes = fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((list) => nameOfBytes(Buffer.from(list)));
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  const word = fc.stringMatching(/^[a-z0-9._-]{1,8}$/);
  const drawn = fc.sample(
    fc
      .tuple(fc.oneof(bytes, text, word), fc.constantFrom(...FORMS))
      .map(([name, form]) => form(name)),
    { seed: SEED, numRuns: 400 },
  );
  const names = [...new Set([...FIXED, ...FIXED_TOO, ...drawn])].filter(
    (name) =>
      !/[/\0]/.test(name) &&
      !['.', '..', '.gitignore'].includes(name) &&
      Buffer.byteLength(systemPath(name)) < 250 &&
      // Text that no file name can be.
      nameOfBytes(Buffer.from(systemPath(name))) === name,
  );
  const running = await startSource(t, [root]);
  for (const name of names) writeFileSync(systemPath(join(root, name)), 'x');
  await running.waitFor(() => running.events.length >= names.length, `${names.length} saves`);
  await running.storyUntilMarker(root);
  const told = running.events
    .filter(({ event_type: type }) => type === 'fs_change')
    .map(({ fields }) => fields?.['workflow_name'] as string)
    .filter((name) => !name.startsWith('marker-'));
  assert.deepEqual(told.sort(), names.map(shownName).sort());
  assert.equal(readdirSync(root).length, names.length);
});

test('a name of a temporary form is told when what is there has come to rest', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  await sh('echo 1 > 5036; echo 1 > report.tmp.json', root);
  await running.waitFor(is('fs_change', join(root, '5036')), 'pid file');
  await running.waitFor(is('fs_change', join(root, 'report.tmp.json')), 'report');
  rmSync(join(root, '5036'));
  await running.waitFor(is('fs_delete', join(root, '5036')), 'its deletion');
});

test('a temporary file that is renamed or deleted within the moment is never told', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  for (let n = 0; n < 20; n += 1) {
    writeFileSync(join(root, `x.tmp.${n}`), 'x');
    renameSync(join(root, `x.tmp.${n}`), join(root, 'x'));
    writeFileSync(join(root, `.x.swp`), 'x');
    rmSync(join(root, '.x.swp'));
  }
  // A name of the same form that stays shows that the moment of the others is over.
  writeFileSync(join(root, 'stays.tmp'), '');
  await running.waitFor(is('fs_change', join(root, 'stays.tmp')), 'what stays');
  const story = await running.storyUntilMarker(root);
  assert.deepEqual([...new Set(story)].sort(), ['change stays.tmp', 'change x']);
});

test('a temporary file that its writer keeps open is not told until it is closed', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'd'));
  const running = await startSource(t, [root]);
  const script = `exec 3>d/.x.swp; echo one >&3; echo > d/stays.tmp; sleep 1.5; echo two >&3`;
  await sh(script, root);
  await running.waitFor(is('fs_change', join(root, 'd/stays.tmp')), 'what stays');
  const event = await running.waitFor(is('fs_change', join(root, 'd/.x.swp')), 'what was left');
  assert.equal(event.fields?.['size'], 8n);
  assert.deepEqual(await running.storyUntilMarker(root), ['change d/stays.tmp', 'change d/.x.swp']);
});
