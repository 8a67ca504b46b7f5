/** Commands in places where they cannot begin: 2, with a cause and a remedy, and never a verdict. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from 'waitbus';
import { Sandbox, WAITBUS, type Ended } from '../support/sandbox.js';
import { assertExit, jsonLines } from './verbs.js';

const A = ['--source', 'agent', '--match', 'fields.x=1', '--timeout', '1s'];

/** In a directory that was removed under the shell. */
function astray(box: Sandbox, args: readonly string[]): Promise<Ended> {
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  return box.start('sh', ['-c', script, 'sh', process.execPath, WAITBUS, ...args]).ended;
}

function assertRemoved(ended: Ended, args: readonly string[]): void {
  assertExit(ended, 2);
  assert.match(ended.stderr, /the working directory was removed.*\n.*cd "\$PWD"/, args.join(' '));
  assert.doesNotMatch(ended.stderr, /uv_cwd|\n\s+at /);
  assert.equal(ended.stdout, '');
}

for (const args of [
  ['wait', ...A],
  ['wait', '--sha', 'abcdef1'],
  ['wait', '--source', 'fs', '--cwd', 'x'],
  ['claim', 'x', '--as', 'al', '--', 'touch', '/dev/null'],
  ['release', 'x', '--as', 'al'],
  ['watch', '--for', 'al', '--source', 'fs'],
  ['log', '--follow', '--source', 'fs'],
  ['source', 'check', 'fs'],
  ['install', 'claude'],
  ['uninstall', 'claude'],
  ['doctor', '--live', 'claude'],
  ['plugin', 'add', './x'],
  ['plugin', 'new', 'x'],
  ['plugin', 'dev', 'x'],
]) {
  test(`waitbus ${args.slice(0, 4).join(' ')} in a removed directory ends with 2 and says so`, async () => {
    await using box = new Sandbox();
    assertRemoved(await astray(box, args), args);
  });
}

test('run runs its command in a removed directory, and tells the bus', async () => {
  await using box = new Sandbox();
  const ended = await astray(box, ['run', '--name', 'al', '--', 'sh', '-c', 'echo ran; exit 3']);
  assertExit(ended, 3);
  assert.match(ended.stdout, /^ran$/m);
  const { stdout } = await box.run(['log', '--json']);
  const types = jsonLines(stdout).map(({ event_type: type }) => type);
  assert.deepEqual(types, ['agent_started', 'agent_failed']);
});

test('what needs no directory works in a removed one', async () => {
  await using box = new Sandbox();
  for (const args of [
    ['emit', '--source', 'agent', '--event-type', 'x', '--field', 'x:=1'],
    ['wait', '--cwd', box.work, '--since', 'start', ...A],
    ['log'],
    ['agents'],
    ['claim', '--list'],
    ['inbox', '--as', 'al'],
    ['watch', '--list'],
    ['source', 'list'],
    ['config', 'show'],
    ['hook', 'claude', 'Stop'],
    ['stop'],
  ])
    assertExit(await astray(box, args), 0);
});

test('a --cwd that is none, and a program that waits in one, are refused with the cause', async () => {
  await using box = new Sandbox();
  const missing = await box.run(['source', 'check', 'fs', '--cwd', 'missing']);
  assertExit(missing, 2);
  assert.match(missing.stderr, /missing is not a directory[\s\S]*ls -ld/);
  const waiting = waitFor({ source: 'fs', cwd: join(box.work, 'missing'), paths: box.paths });
  await assert.rejects(waiting, { code: 'WAITBUS_BAD_DIRECTORY', message: /is not a directory/ });
});

const isRoot = process.getuid?.() === 0;

test(
  'a --cwd that may not be entered is refused with the cause',
  { skip: isRoot && !hasSetpriv() ? 'root enters everything' : false },
  async () => {
    await using box = new Sandbox();
    const closed = join(box.work, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o000);
    const wait = [process.execPath, WAITBUS, 'wait', '--source', 'fs', '--cwd', closed];
    const drop = isRoot ? ['setpriv', '--reuid', '12345', '--clear-groups'] : [];
    for (const open of [box.directory, box.work]) chmodSync(open, 0o777);
    const [program = '', ...args] = [...drop, ...wait];
    const ended = await box.start(program, args).ended;
    chmodSync(closed, 0o700);
    assertExit(ended, 2);
    assert.match(ended.stderr, /closed cannot be entered: permission denied[\s\S]*--cwd/);
  },
);

test(
  'a user without a home is told so, unless all directories are named',
  {
    skip: isRoot && hasSetpriv() ? false : 'it takes another user',
  },
  async () => {
    await using box = new Sandbox();
    chmodSync(box.directory, 0o777);
    const homeless = (...unset: string[]) => {
      const rest = ['--reuid', '12345', '--clear-groups', process.execPath, WAITBUS, 'status'];
      const without = ['HOME', ...unset].flatMap((name) => ['-u', name]);
      return box.start('env', [...without, 'setpriv', ...rest]).ended;
    };
    assertExit(await homeless(), 1);
    const ended = await homeless('WAITBUS_STATE_DIR');
    assertExit(ended, 2);
    assert.match(ended.stderr, /there is no home directory.*\n.*export HOME=/);
  },
);

function hasSetpriv(): boolean {
  try {
    execFileSync('setpriv', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

for (const [what, prepare] of [
  ['names a directory that is gone', (git: string) => writeFileSync(git, 'gitdir: /gone/of/it\n')],
  [
    'has a pipe for a config',
    (git: string) => {
      mkdirSync(git);
      execFileSync('mkfifo', [join(git, 'config')]);
    },
  ],
  [
    'has a directory for a config',
    (git: string) => mkdirSync(join(git, 'config'), { recursive: true }),
  ],
] as const) {
  test(`--sha in a checkout that ${what} says that it cannot be read`, async () => {
    await using box = new Sandbox();
    prepare(join(box.work, '.git'));
    const ended = await box.run(['wait', '--sha', 'abcdef1', '--timeout', '1s']);
    assertExit(ended, 2);
    assert.match(ended.stderr, /the checkout cannot be read: .*\.git.*\n.*--repo OWNER\/REPO/);
  });
}
