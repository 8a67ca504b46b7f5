/** `waitbus doctor --live`: a real round trip through what stands in a harness's files. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { HARNESS_NAMES } from 'waitbus-source-agent/harnesses';
import { judgeConfig, judgeTrust, readHooks } from '../../cli/src/doctor/live/codex-trust.js';
import { judgeTime } from '../../cli/src/doctor/live/examine-live.js';
import { judgeGate } from '../../cli/src/doctor/live/copilot-gate.js';
import { strings } from '../../cli/src/doctor/live/installed.js';
import { listWatches } from 'waitbus';
import { Sandbox } from '../support/sandbox.js';
import { setUp } from './set-up.js';

interface Finding {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly remedy: string;
}

async function live(box: Sandbox, name: string): Promise<Finding[]> {
  const { stdout, stderr } = await box.run(['doctor', '--live', name, '--json']);
  assert.equal(stderr, '');
  return (JSON.parse(stdout) as { findings: Finding[] }).findings;
}

const of = (findings: readonly Finding[], check: string) =>
  findings.filter((one) => one.check.startsWith(check)).map(({ level }) => level);

/** In how many ways a session of it can be woken. */
const WAKES: Readonly<Record<string, number>> = { claude: 2, windsurf: 0, cline: 0, aider: 0 };

test('what the plan of each harness installs tells the bus and is woken', async () => {
  await using box = new Sandbox();
  await box.daemon();
  for (const name of HARNESS_NAMES) {
    setUp(box, name, 'user');
    const findings = await live(box, name);
    const shown = `${name}: ${JSON.stringify(findings, null, 1)}`;
    assert.deepEqual(of(findings, 'installed'), ['ok'], shown);
    assert.deepEqual(of(findings, 'event'), ['ok'], shown);
    const wakes = Array.from({ length: WAKES[name] ?? 1 }, () => 'ok');
    assert.deepEqual(of(findings, 'wake'), wakes, shown);
    // It is not on PATH here, and trusts nothing.
    if (name === 'codex') assert.deepEqual(of(findings, 'trust'), ['problem'], shown);
  }
  assert.deepEqual(await listWatches(undefined, { paths: box.paths }), []);
});

test('a hook that is gone, or does nothing, is found, with what mends it', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const [none] = (await live(box, 'gemini')).filter(({ check }) => check === 'installed');
  assert.deepEqual([none?.level, none?.remedy], ['problem', 'waitbus install gemini']);
  const [edit] = setUp(box, 'gemini', 'project');
  assert.ok(edit);
  const text = readFileSync(edit.file, 'utf8');
  writeFileSync(edit.file, text.replace('hook gemini SessionEnd', 'hook nothing SessionEnd'));
  const [part] = (await live(box, 'gemini')).filter(({ check }) => check.startsWith('installed'));
  assert.equal(part?.level, 'problem');
  assert.match(part.message, /missing: hook gemini SessionEnd in /);
  assert.equal(part.remedy, 'waitbus install gemini --project');
  writeFileSync(
    edit.file,
    text.replaceAll('hook gemini AfterAgent', 'status hook gemini AfterAgent'),
  );
  const [event] = (await live(box, 'gemini')).filter(({ check }) => check.startsWith('event'));
  assert.equal(event?.level, 'problem');
  assert.match(event.message, /is not what this waitbus writes, and was not run/);
});

test('a hook that takes long is warned of, whether it works or not', () => {
  assert.equal(judgeTime('time (user)', 1000).level, 'ok');
  const slow = judgeTime('time (user)', 1500);
  assert.deepEqual([slow.level, slow.remedy], ['warning', 'waitbus doctor']);
  assert.match(slow.message, /1500 ms/);
});

test('an unknown harness is refused', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['doctor', '--live', 'emacs']);
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /there is no harness emacs/);
});

test('hooks that Codex would skip are named', () => {
  const hook = (eventName: string, trustStatus: string, enabled = true) => ({
    command: `waitbus hook codex ${eventName}`,
    eventName,
    enabled,
    trustStatus,
  });
  const judge = (...hooks: object[]) => judgeTrust(readHooks({ data: [{ hooks }] }) ?? []);
  assert.equal(judge(hook('stop', 'trusted'), hook('sessionStart', 'managed')).level, 'ok');
  for (const [skipped, why] of [
    [hook('stop', 'untrusted'), 'untrusted'],
    [hook('stop', 'modified'), 'modified'],
    [hook('stop', 'trusted', false), 'off'],
  ] as const) {
    const { level, message, remedy } = judge(hook('sessionStart', 'trusted'), skipped);
    assert.equal(level, 'problem');
    assert.match(message, new RegExp(`skips 1 of 2 hooks .*: stop ${why}$`));
    assert.match(remedy, /\/hooks/);
  }
  assert.equal(judge({ ...hook('stop', 'trusted'), command: 'other' }).level, 'problem');
  for (const odd of [null, {}, { data: 5 }]) assert.equal(readHooks(odd), null);
  const file = '/home/me/.codex/hooks.json';
  const config = `model = "x"\n[hooks.state."${file}:stop:0:0"]\ntrusted_hash = "sha256:00"\n`;
  assert.equal(judgeConfig(config, file).level, 'warning');
  for (const other of [null, '', '[hooks.state."/etc/x:stop:0:0"]']) {
    assert.equal(judgeConfig(other, file).level, 'problem');
  }
});

test('whether copilot -p loads the hooks of a repository', () => {
  const gate = (env: Record<string, string>, config: string | null) =>
    judgeGate('/home/me/shop', env, [config]).level;
  assert.equal(gate({}, null), 'warning');
  assert.equal(gate({}, '{"trustedFolders": ["/home/me/other"]}'), 'warning');
  assert.equal(gate({}, '{"trustedFolders": ["/home/me/shop"]}'), 'ok');
  assert.equal(gate({ GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS: 'true' }, null), 'ok');
  assert.equal(gate({ GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS: '1' }, null), 'warning');
});

test('what stands in a comment is not installed', () => {
  const text = `{
    // "one" and "more"
    "two": "a // \\"b\\"", /* "three"
    "four" */ "five": 6
  }`;
  assert.deepEqual(strings(text), ['two', 'a // "b"', 'five']);
});
