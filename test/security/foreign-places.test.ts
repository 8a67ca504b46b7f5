/** Files and directories that another user put where waitbus writes: nothing of it is followed or used. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { claudeInput, NAME } from '../hook/hook.js';
import * as python from '../python/python.js';
import { REPO, Sandbox } from '../support/sandbox.js';
import { EMIT, ForeignWorld, NOBODY, skip, WAIT } from './foreign-world.js';

const ANYBODY = 54_321;
const PATHS = join(REPO, 'cli', 'dist', 'paths.js');
const LOOK = `import(process.argv[1]).then(({ resolvePaths }) => {
  process.setuid(${ANYBODY});
  console.log(resolvePaths().runtimeDir);
});`;
const PYTEST = { skip: skip || python.skip };

/** The hook that waits beside an idle session, which notes in a file who waits. */
async function waitIdle(box: Sandbox) {
  const idle = box.waitbus(['hook', 'claude', 'Idle', '--hold', '1h'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { CLAUDE_CODE_ENTRYPOINT: 'cli' },
  });
  idle.child.stdin?.end(claudeInput('Stop'));
  return idle.ended;
}

for (const [what, place] of [
  ['a link', (victim: string, file: string) => symlinkSync(victim, file)],
  ['a second name', (victim: string, file: string) => linkSync(victim, file)],
] as const) {
  test(`${what} in idle/ leads no hook into another file`, { skip }, async () => {
    await using box = new Sandbox();
    await box.daemon();
    const victim = join(box.directory, 'victim');
    writeFileSync(victim, 'precious');
    const idle = join(box.paths.runtimeDir, 'idle');
    mkdirSync(idle);
    const file = join(idle, NAME.replace(':', '-'));
    place(victim, file);
    if (what === 'a link') lchownSync(file, NOBODY, NOBODY);
    const { code, stdout } = await waitIdle(box);
    assert.deepEqual([code, stdout], [0, '']);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
  });
}

test('an idle/ of another user is not written to', { skip }, async () => {
  await using box = new Sandbox();
  await box.daemon();
  const idle = join(box.paths.runtimeDir, 'idle');
  mkdirSync(idle);
  chmodSync(idle, 0o777);
  chownSync(idle, NOBODY, NOBODY);
  assert.equal((await waitIdle(box)).code, 0);
  assert.deepEqual(readdirSync(idle), []);
});

test('the state directory becomes private although it was there', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.spool, { recursive: true });
  for (const path of [box.paths.stateDir, box.paths.spool]) chmodSync(path, 0o777);
  await box.waitbus(EMIT, { env: { WAITBUS_NO_AUTOSTART: '1' } }).ended;
  for (const path of [box.paths.stateDir, box.paths.spool]) {
    assert.equal(statSync(path).mode & 0o7777, 0o700, path);
  }
  chmodSync(box.paths.stateDir, 0o755);
  await box.daemon();
  assert.equal(statSync(box.paths.stateDir).mode & 0o7777, 0o700);
});

test(
  'a state directory of another user takes no event, and no daemon serves from it',
  { skip },
  async () => {
    await using box = new Sandbox();
    mkdirSync(box.paths.stateDir);
    chmodSync(box.paths.stateDir, 0o777);
    chownSync(box.paths.stateDir, NOBODY, NOBODY);
    for (const args of [EMIT, WAIT, ['daemon']]) {
      const { code, stdout, stderr } = await box.run(args);
      assert.notEqual(code, 0, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /belongs to uid 65534/);
      assert.match(stderr, /WAITBUS_STATE_DIR/);
    }
    const emitted = await python.run(
      box,
      'waitbus.emit({"source": "agent", "event_type": "agent_note"})',
    );
    assert.match(emitted.stderr, /belongs to uid 65534/);
    assert.deepEqual(readdirSync(box.paths.stateDir), []);
  },
);

test('a link in the place of daemon.log takes no line of the daemon', { skip }, async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.stateDir);
  const victim = join(box.directory, 'victim');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, box.paths.daemonLog);
  const { code, stderr } = await box.run(WAIT);
  assert.equal(code, 2);
  assert.match(stderr, /daemon\.log is a symbolic link; it was not followed/);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('a second name of a file in the place of a lock empties nothing', { skip }, async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.stateDir);
  const victim = join(box.directory, 'victim');
  writeFileSync(victim, 'precious');
  linkSync(victim, join(box.paths.stateDir, 'daemon.lock'));
  const { code, stderr } = await box.run(['daemon']);
  assert.equal(code, 1);
  assert.match(stderr, /has another name elsewhere/);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('pytest tells another user nothing, and spools what it has to tell', PYTEST, async (t) => {
  await using world = new ForeignWorld();
  const { box } = world;
  const dry = await box.start('python3', ['-m', 'pytest', '--version']).ended;
  if (dry.code !== 0) return t.skip('python3 has no pytest');
  world.foreignDirectory();
  await world.forge();
  writeFileSync(join(box.work, 'test_one.py'), 'def test_one(): assert False\n');
  const run = await box.start('python3', ['-m', 'pytest', '-q', '-p', 'waitbus_pytest'], {
    env: { PYTHONPATH: join(python.CLIENT, '..', '..', 'pytest', 'python') },
  }).ended;
  assert.equal(run.code, 1, run.stderr);
  await world.heardNothing();
  assert.ok(readdirSync(box.paths.spool).length > 0);
  // Nor does it leave anything in a spool of theirs.
  rmSync(box.paths.stateDir, { recursive: true });
  mkdirSync(box.paths.spool, { recursive: true });
  chmodSync(box.paths.spool, 0o777);
  chownSync(box.paths.spool, NOBODY, NOBODY);
  await box.start('python3', ['-m', 'pytest', '-q', '-p', 'waitbus_pytest'], {
    env: { PYTHONPATH: join(python.CLIENT, '..', '..', 'pytest', 'python') },
  }).ended;
  assert.deepEqual(readdirSync(box.paths.spool), []);
});

test(
  'without XDG_RUNTIME_DIR it is /run/user/UID where that is the user’s alone',
  { skip },
  async (t) => {
    const system = `/run/user/${ANYBODY}`;
    if (!existsSync('/run/user') || existsSync(system)) return t.skip('/run/user is in use');
    await using world = new ForeignWorld();
    mkdirSync(system);
    t.after(() => rmSync(system, { recursive: true, force: true }));
    const own = (uid: number, mode: number) => {
      chownSync(system, uid, uid);
      chmodSync(system, mode);
    };
    const look = `import os, sys; sys.path[:0] = sys.argv[1:3]; import waitbus
os.setuid(${ANYBODY})
for key in ("WAITBUS_RUNTIME_DIR", "XDG_RUNTIME_DIR"): os.environ.pop(key)
print(waitbus._Paths().runtime)
import importlib.util
if importlib.util.find_spec("pytest"): import waitbus_pytest; print(waitbus_pytest.runtime_dir())`;
    const plugin = join(python.CLIENT, '..', '..', 'pytest', 'python');
    const places = async () => {
      const { stdout, stderr } = await world.box.start('python3', [
        '-c',
        look,
        python.CLIENT,
        plugin,
      ]).ended;
      const node = await world.box.start(process.execPath, ['-e', LOOK, PATHS], {
        env: { XDG_RUNTIME_DIR: '' },
      }).ended;
      assert.equal(node.code, 0, node.stderr + stderr);
      return new Set(`${stdout}${node.stdout}`.trim().split('\n'));
    };
    own(ANYBODY, 0o700);
    assert.deepEqual(await places(), new Set([`${system}/waitbus`]));
    for (const [uid, mode] of [
      [NOBODY, 0o777],
      [0, 0o755],
      [ANYBODY, 0o777],
    ] as const) {
      own(uid, mode);
      assert.deepEqual(
        await places(),
        new Set([`${world.tmp}/waitbus-${ANYBODY}`]),
        `${uid} ${mode}`,
      );
    }
    assert.ok(lstatSync(system).isDirectory());
  },
);
