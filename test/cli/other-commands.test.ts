/** status, stop, source env, daemon, help: what they print and how they end. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { HELP } from '../../cli/src/terminal/help.js';
import { parseWait } from '../../cli/src/commands/parse-wait.js';
import { Sandbox } from '../support/sandbox.js';
import { AGENT, armedWait, assertExit, daemonPid, emitAgent } from './verbs.js';

test('status without a daemon ends with 1 and starts none', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['status']);
  assertExit(ended, 1);
  assert.equal(ended.stdout, '');
  assert.match(ended.stderr, /no daemon is running on .*broadcast\.sock/);
  const json = await box.run(['status', '--json']);
  assertExit(json, 1);
  assert.deepEqual(JSON.parse(json.stdout), { kind: 'status', running: false });
  assert.equal(existsSync(box.paths.store), false);
});

test('status --json tells the daemon, the log, the subscribers and every source', async () => {
  await using box = new Sandbox();
  const id = await emitAgent(box);
  await armedWait(box, '--source', 'fs');
  const { stdout } = await box.run(['status', '--json']);
  const status = JSON.parse(stdout) as Record<string, unknown> & {
    sources: { name: string; state: string; version: string; pid: number | null }[];
  };
  assert.equal(status['running'], true);
  assert.equal(status['head'], id);
  assert.equal(status['events'], 1);
  assert.equal(status['subscribers'], 1);
  assert.equal(status['socket'], box.paths.socket);
  const named = new Map(status.sources.map((source) => [source.name, source]));
  assert.deepEqual([...named.keys()].sort(), [
    'agent',
    'alertmanager',
    'docker',
    'fs',
    'github',
    'pytest',
  ]);
  assert.equal(named.get('fs')?.state, 'running');
  assert.equal(typeof named.get('fs')?.pid, 'number');
  assert.equal(named.get('agent')?.pid, null);
});

test('status for people names the same', async () => {
  await using box = new Sandbox();
  const id = await emitAgent(box);
  const { stdout } = await box.run(['status']);
  for (const text of [id, box.paths.socket, box.paths.store, box.paths.daemonLog, 'agent', 'fs']) {
    assert.ok(stdout.includes(text), `${text} in ${stdout}`);
  }
});

test('stop ends the daemon, and a second stop says that none was running', async () => {
  await using box = new Sandbox();
  await emitAgent(box);
  const first = await box.run(['stop']);
  assertExit(first, 0);
  assert.match(first.stderr, /has stopped/);
  assertExit(await box.run(['status']), 1);
  const second = await box.run(['stop']);
  assertExit(second, 0);
  assert.match(second.stderr, /no daemon was running/);
});

test('stop says how many waits are blocked, and that they start the daemon again', async () => {
  await using box = new Sandbox();
  const waits = [
    await armedWait(box, '--source', 'agent'),
    await armedWait(box, '--source', 'agent'),
  ];
  const ended = await box.run(['stop']);
  assertExit(ended, 0);
  assert.match(ended.stderr, /has stopped\n {2}2 waits are blocked, and will start it again/);
  await emitAgent(box);
  for (const wait of waits) assertExit(await wait.ended, 0);
});

test('who is asked without a daemon says so in place of an empty list', async () => {
  await using box = new Sandbox();
  const agents = await box.run(['agents']);
  assert.match(agents.stderr, /no daemon runs, so nobody is present/);
  assertExit(await box.run(['status']), 1);
  const alone = await box.run(['claim', '--list', '--no-autostart']);
  assertExit(alone, 2);
  assert.match(alone.stderr, /no daemon on /);
  for (const args of [
    ['claim', '--list'],
    ['inbox', '--as', 'al'],
  ]) {
    const first = await box.run(args);
    assertExit(first, 0);
    assert.match(first.stderr, /no daemon was running; one is started/);
    assert.doesNotMatch((await box.run(args)).stderr, /no daemon/);
    await box.run(['stop']);
  }
});

test('what was acknowledged is still there after stop and a new daemon', async () => {
  await using box = new Sandbox();
  const id = await emitAgent(box);
  await box.run(['stop']);
  const ended = await box.run(['wait', '--source', 'agent', '--since', 'start', '--json']);
  assert.equal((JSON.parse(ended.stdout) as { event_id: string }).event_id, id);
});

test('a second daemon in the foreground ends with 1 and names the one that serves', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const ended = await box.run(['daemon']);
  assertExit(ended, 1);
  assert.match(ended.stderr, /WAITBUS_ALREADY_RUNNING/);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} stops a daemon in the foreground with 0`, async () => {
    await using box = new Sandbox();
    const daemon = await box.daemon();
    await emitAgent(box);
    daemon.child.kill(signal);
    assertExit(await daemon.ended, 0);
    assert.equal(existsSync(box.paths.socket), false);
  });
}

test('one daemon a user: a killed one leaves a socket that the next replaces', async () => {
  await using box = new Sandbox();
  await emitAgent(box);
  const pid = await daemonPid(box);
  process.kill(pid, 'SIGKILL');
  await emitAgent(box);
  assert.notEqual(await daemonPid(box), pid);
});

test('source env prints lines that a shell evaluates, and doing it twice changes nothing', async () => {
  await using box = new Sandbox();
  const { WAITBUS } = await import('../support/sandbox.js');
  const evaluate = `eval "$('${process.execPath}' '${WAITBUS}' source env pytest)"`;
  const show = `printf '%s|%s\\n' "$PYTHONPATH" "$PYTEST_ADDOPTS"`;
  const script = `set -e; ${evaluate}; ${show}; ${evaluate}; ${show}`;
  for (const PYTHONPATH of ["/a b/it's", ':src', 'src:']) {
    const env = { PYTHONPATH, PYTEST_ADDOPTS: '-q' };
    const ended = await box.start('sh', ['-c', script], { env }).ended;
    assertExit(ended, 0);
    const [once, twice] = ended.stdout.trimEnd().split('\n');
    assert.equal(twice, once);
    // What is empty between colons is the working directory, to Python.
    assert.match(once ?? '', /^[^:]*\/pytest\/python\/waitbus_pytest_loader-[^/:]*\.whl:/);
    assert.equal(once?.slice(once.indexOf(':') + 1), `${PYTHONPATH}|-q`);
  }
});

test('source env of a source without an environment, or of none, ends with 2', async () => {
  await using box = new Sandbox();
  const without = await box.run(['source', 'env', 'fs']);
  assertExit(without, 2);
  assert.match(without.stderr, /source fs needs no environment/);
  const unknown = await box.run(['source', 'env', 'nosuch']);
  assertExit(unknown, 2);
  assert.match(unknown.stderr, /nosuch is not installed; there are: agent/);
  for (const args of [[], ['env'], ['env', 'a', 'b'], ['list', 'pytest']]) {
    assertExit(await box.run(['source', ...args]), 2);
  }
});

test('an unknown command, and no command', async () => {
  await using box = new Sandbox();
  const unknown = await box.run(['wiat']);
  assertExit(unknown, 2);
  assert.match(unknown.stderr, /no command wiat\n {2}waitbus help lists/);
  for (const name of ['constructor', '__proto__', 'toString']) {
    assertExit(await box.run([name]), 2);
    assertExit(await box.run(['help', name]), 2);
  }
  const none = await box.run([]);
  assertExit(none, 0);
  assert.match(none.stdout, /usage: waitbus COMMAND/);
});

test('every command has help, by waitbus help, --help and -h', async () => {
  await using box = new Sandbox();
  const commands = Object.keys(HELP).filter((name) => name !== 'waitbus');
  assert.ok(commands.length >= 8);
  for (const name of commands) {
    const byHelp = await box.run(['help', name]);
    assertExit(byHelp, 0);
    assert.match(byHelp.stdout, new RegExp(`^usage: waitbus ${name}`));
    const byFlag = await box.run([name, '--help']);
    assert.equal(byFlag.stdout, byHelp.stdout);
  }
  for (const name of commands) {
    assert.match(HELP['waitbus'] ?? '', new RegExp(`\n  (\\w+, )*${name}[ ,]`));
  }
  assertExit(await box.run(['status']), 1);
});

test('an unknown option of any command ends with 2 and points to its help', async () => {
  await using box = new Sandbox();
  for (const name of ['wait', 'emit', 'status', 'stop', 'daemon', 'source']) {
    const ended = await box.run([name, '--no-such-option']);
    assertExit(ended, 2);
    assert.match(ended.stderr, new RegExp(`waitbus ${name} --help shows how it is used`));
  }
});

test('--version is the version of the package', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['--version']);
  assert.match(ended.stdout, /^\d+\.\d+\.\d+/);
});

test('every waitbus wait example of the help parses', () => {
  const examples = Object.values(HELP)
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('  waitbus wait '));
  assert.ok(examples.length >= 5);
  for (const example of examples) {
    // As in a checkout.
    const inCheckout = example.trim().replace('$(git rev-parse HEAD)', '7f3a1b2 --repo acme/app');
    const [, , ...args] = shellWords(inCheckout);
    assert.doesNotThrow(() => parseWait(args, { cwd: '/', now: 0 }), example);
  }
});

test('every waitbus emit example of the help is accepted', async () => {
  await using box = new Sandbox();
  const { WAITBUS } = await import('../support/sandbox.js');
  const examples = (HELP['emit'] ?? '').split('\n').filter((line) => /waitbus emit --/.test(line));
  const pasted = examples.filter((line) => /^ {2}(waitbus|echo) /.test(line));
  assert.equal(pasted.length, 2);
  for (const example of pasted) {
    const script = example.replace(/waitbus emit/, `'${process.execPath}' '${WAITBUS}' emit`);
    assertExit(await box.start('sh', ['-c', script]).ended, 0);
  }
  assertExit(await box.run(['emit', ...AGENT]), 0);
});

/** Words as a shell splits them, for text with single and double quotes only. */
function shellWords(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}
