/** Starting, failing and ending; the portable engine. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openLinuxEngine } from '../src/engine-linux.js';
import { openInotify, initFailure, watchFailure } from '../src/inotify.js';
import { openLease } from '../src/lease.js';
import source from '../src/index.js';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

const run = promisify(execFile);

test('at the limit of watches the source fails with the command that raises it', async (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'a'));
  const running = await startSource(
    t,
    [],
    { roots: [root] },
    {
      session: 's',
      openEngine: async (options) =>
        openLinuxEngine(options, {
          openLease,
          openInotify: (readable) => {
            const real = openInotify(readable);
            return {
              ...real,
              add: (path, mask) => {
                if (path.endsWith('/a')) throw watchFailure('ENOSPC', path);
                return real.add(path, mask);
              },
            };
          },
        }),
    },
  );
  assert.equal(running.failures.length, 1);
  const raised = /^sudo sysctl fs\.inotify\.max_user_watches=(\d+)$/.exec(
    running.failures[0]?.remedy ?? '',
  )?.[1];
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'));
  assert.ok(Number(raised) > limit, `${raised} is not more than ${limit}`);
  assert.match(running.failures[0]?.message ?? '', /cannot be watched.*ENOSPC/);
});

test('at the limit of instances the source names its sysctl', async (t) => {
  const running = await startSource(
    t,
    [],
    {},
    {
      session: 's',
      openEngine: async (options) =>
        openLinuxEngine(options, {
          openLease,
          openInotify: () => {
            throw initFailure('EMFILE');
          },
        }),
    },
  );
  assert.match(running.failures[0]?.remedy ?? '', /fs\.inotify\.max_user_instances/);
});

test('the configuration is checked', async () => {
  const check = async (value: unknown) =>
    (await source.config?.['~standard'].validate(value))?.issues;
  assert.equal(await check({}), undefined);
  assert.equal(await check({ roots: ['/a'], ignore: ['*.x'], gitignore: false }), undefined);
  assert.match(JSON.stringify(await check({ roots: ['a'] })), /absolute/);
  assert.match(JSON.stringify(await check({ rots: [] })), /rots/);
});

test('nothing is reported once the source is stopped', async (t) => {
  const root = temporaryDirectory(t);
  const [stopped, other] = [await startSource(t, [root]), await startSource(t, [root])];
  stopped.stop();
  await sh('echo > f', root);
  await other.waitFor(is('fs_change', join(root, 'f')), 'save');
  await other.storyUntilMarker(root);
  assert.deepEqual(stopped.events, []);
});

const PROGRAM = `
import source from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
const stopping = new AbortController();
await source.start({
  config: { roots: [process.argv[1]], ignore: [], gitignore: true },
  signal: stopping.signal, log: console, watchRoots() {}, watchWaiters() {}, checkWaits() {}, ready() {}, emit: async () => ({}),
  fail(error) { throw error; },
});
`;

for (const [how, ending] of [
  ['process.exit', 'process.exit(0)'],
  ['abort alone', 'stopping.abort()'],
] as const) {
  test(`a process that watches ends by ${how}`, async (t) => {
    const root = temporaryDirectory(t);
    await run(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', PROGRAM + ending, root],
      {
        timeout: 20_000,
      },
    );
  });
}

test(
  "where no lease can be had, another user's file is reported at its close or when it rests",
  { skip: process.getuid?.() !== 0 && 'needs two users' },
  async (t) => {
    const root = temporaryDirectory(t);
    chmodSync(root, 0o755);
    const asNobody = PROGRAM.replace('const stopping', 'process.setuid(65534);\nconst stopping')
      .replace('ready() {}', "ready() { console.log('ready'); }")
      .replace(
        'emit: async () => ({})',
        'emit: async (event) => { console.log(event.summary, event.fields.size); return {}; }',
      );
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', asNobody, root],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    t.after(() => child.kill());
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => (await lines.next()).value;
    assert.equal(await next(), 'ready');
    await sh('mkdir -p d/e; echo 1 > d/e/fast; (printf one; sleep 1; printf two) > d/e/slow', root);
    assert.deepEqual([await next(), await next()].sort(), [
      'saved d/e/fast 2n',
      'saved d/e/slow 6n',
    ]);
    await sh('echo 1 > .x.tmp; mv .x.tmp renamed', root);
    assert.equal(await next(), 'saved renamed 2n');
  },
);

test('the portable engine reports the same events', async (t) => {
  const root = temporaryDirectory(t);
  await sh('mkdir a; echo 1 > a/old; echo "*.log" > .gitignore', root);
  process.env['WAITBUS_FS_ENGINE'] = 'portable';
  t.after(() => delete process.env['WAITBUS_FS_ENGINE']);
  const running = await startSource(t, [root, join(root, 'a')]);
  await sh(
    '(printf one; sleep 1; printf two) > a/slow; echo > x.log; mkdir -p node_modules b/c; echo > node_modules/f; echo > b/c/f; echo > .x.swp; rm a/old',
    root,
  );
  const event = await running.waitFor(is('fs_change', join(root, 'a/slow')), 'save');
  assert.equal(event.fields?.['size'], 6n);
  assert.equal(typeof event.fields?.['mtime_ns'], 'bigint');
  await running.waitFor(is('fs_delete', join(root, 'a/old')), 'deletion');
  await running.waitFor(is('fs_change', join(root, 'b/c/f')), 'save in a new directory');
  writeFileSync(join(root, 'last'), '');
  await running.waitFor(is('fs_change', join(root, 'last')), 'last save');
  await running.waitFor(is('fs_change', join(root, '.x.swp')), 'what was left');
  assert.deepEqual([...running.story(root)].sort(), [
    'change .x.swp',
    'change a/slow',
    'change b/c/f',
    'change last',
    'delete a/old',
  ]);
});
