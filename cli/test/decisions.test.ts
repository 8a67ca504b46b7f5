/** The parts of the command that decide and do nothing: durations, paths, origins, wait states. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventFrame, SourceStateFrame } from '../src/client/stream.js';
import { parseClause, requestOf, WaitState } from '../src/client/wait-state.js';
import { originRepo, repoOfUrl } from '../src/origin-repo.js';
import { parseWait } from '../src/commands/parse-wait.js';
import { exitCodeOf } from '../src/commands/verdict.js';
import { formatDuration, parseDuration } from '../src/duration.js';
import { resolvePaths } from '../src/paths.js';

const HERE = { cwd: '/w', now: 1_000_000_000_000 };
const event = (fields: Record<string, string | number>): EventFrame => ({
  kind: 'event',
  event_id: '0'.repeat(26),
  event_type: 'agent_finished',
  owner: 'local',
  repo: 'local',
  received_at: 0n,
  delivery_id: 'd',
  summary: '',
  fields,
});
const state = (source: string, is: SourceStateFrame['state']): SourceStateFrame => ({
  kind: 'source_state',
  source,
  state: is,
  detail: '',
  remedy: '',
});

const ACK = { kind: 'subscribe_ack', caught_up_at: null, head: '0'.repeat(26) } as const;

test('durations: every form that people write, and none that they do not', () => {
  for (const [text, ms] of [
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['90', 90_000],
    ['0', 0],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1m500ms', 60_500],
  ] as const) {
    assert.equal(parseDuration(text), ms, text);
  }
  for (const text of [
    '',
    's',
    '-5',
    '5 m',
    '1e3',
    'h1',
    '5x',
    '5m!',
    '٣s',
    'Infinity',
    '5M',
    '10s10s',
  ]) {
    assert.equal(parseDuration(text), null, text);
  }
});

const unitOf = ([, unit]: readonly [number, string]) => unit;

test('property: a duration of parts is the sum of its parts, and is shown without NaN', () => {
  const part = fc.tuple(fc.nat(999), fc.constantFrom('ms', 's', 'm', 'h', 'd'));
  fc.assert(
    // A unit that is given twice is more likely a slip than a sum.
    fc.property(fc.uniqueArray(part, { minLength: 1, maxLength: 5, selector: unitOf }), (parts) => {
      const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('');
      const sum = parts.reduce(
        (total, [amount, unit]) => total + (parseDuration(`${amount}${unit}`) ?? NaN),
        0,
      );
      assert.equal(parseDuration(text), sum);
      assert.doesNotMatch(formatDuration(sum), /NaN|undefined/);
    }),
  );
});

test('paths: the overrides, then XDG, then the platform', () => {
  const base = { uid: 7, home: '/h', tmp: '/t' };
  const plain = resolvePaths({ ...base, env: {}, platform: 'linux' });
  assert.equal(plain.store, '/h/.local/state/waitbus/events.db');
  assert.equal(plain.socket, '/t/waitbus-7/broadcast.sock');
  assert.equal(plain.configDir, '/h/.config/waitbus');
  const kept = resolvePaths({ ...base, env: {}, platform: 'linux', userRuntime: '/run/user/7' });
  assert.equal(kept.runtimeDir, '/run/user/7/waitbus');
  const env = { XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c' };
  const xdg = resolvePaths({ ...base, env, platform: 'linux', userRuntime: '/run/user/7' });
  assert.deepEqual(
    [xdg.stateDir, xdg.runtimeDir, xdg.configDir],
    ['/s/waitbus', '/r/waitbus', '/c/waitbus'],
  );
  const own = {
    ...env,
    WAITBUS_STATE_DIR: '/1',
    WAITBUS_RUNTIME_DIR: '/2',
    WAITBUS_CONFIG_DIR: '/3',
  };
  const over = resolvePaths({ ...base, env: own, platform: 'darwin' });
  assert.deepEqual([over.stateDir, over.runtimeDir, over.configDir], ['/1', '/2', '/3']);
});

test('the origin of a checkout, of a work tree, and of none', () => {
  for (const [url, repo] of [
    ['https://github.com/o/r.git', 'o/r'],
    ['https://github.com/o/r', 'o/r'],
    ['git@github.com:o/r.git', 'o/r'],
    ['ssh://git@github.com:22/o/r.name.git', 'o/r.name'],
    ['https://user:secret@host/o/r/', 'o/r'],
  ] as const) {
    assert.equal(repoOfUrl(url), repo, url);
  }
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-origin-'));
  try {
    assert.equal(originRepo(join(directory, 'none')), null);
    mkdirSync(join(directory, 'checkout', '.git', 'worktrees', 'w'), { recursive: true });
    mkdirSync(join(directory, 'checkout', 'deep', 'er'), { recursive: true });
    const config =
      '[core]\n\tbare = false\n[remote "up"]\n\turl = git@h:x/y\n[remote "origin"]\n\turl = git@h:o/r.git\n\tfetch = +refs\n';
    writeFileSync(join(directory, 'checkout', '.git', 'config'), config);
    assert.equal(originRepo(join(directory, 'checkout', 'deep', 'er')), 'o/r');
    const linked = join(directory, 'linked');
    mkdirSync(linked);
    const git = join(directory, 'checkout', '.git', 'worktrees', 'w');
    writeFileSync(join(linked, '.git'), `gitdir: ${git}\n`);
    writeFileSync(join(git, 'commondir'), '../..\n');
    assert.equal(originRepo(linked), 'o/r');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('--cwd is resolved against where the command runs', () => {
  const cwd = (...args: string[]) => parseWait(['--source', 'fs', ...args], HERE).cwd;
  assert.deepEqual([cwd(), cwd('--cwd', 'a/../b'), cwd('--cwd', '/x')], ['/w', '/w/b', '/x']);
});

test('a clause keeps its colons and its text as it was typed', () => {
  const text = 'agent: fields.a = "x:y" ';
  assert.deepEqual(parseClause(text), {
    text,
    source: 'agent',
    predicates: [' fields.a = "x:y" '],
  });
  assert.deepEqual(parseClause('agent:'), { text: 'agent:', source: 'agent', predicates: [] });
});

test('one clause without a source leaves the subscription unrestricted', () => {
  const named = parseClause('agent:fields.a=1');
  const any = { text: 'x', source: null, predicates: ['fields.b=2'] };
  const request = requestOf({ mode: 'first', clauses: [named, any], count: 1 });
  assert.equal('sources' in request, false);
  assert.deepEqual(request.anyOf, [['fields.source="agent"', 'fields.a=1'], ['fields.b=2']]);
});

test('a wait is armed once it is acknowledged and every source runs, and not after a loss', () => {
  const clauses = ['agent:fields.a=1', 'fs:fields.b=1'].map(parseClause);
  const wait = new WaitState({ mode: 'all', clauses, count: 1 });
  const armed = () => wait.armed;
  wait.receive(state('agent', 'running'));
  wait.receive(state('fs', 'running'));
  assert.equal(armed(), false);
  wait.receive(ACK);
  assert.equal(armed(), true);
  wait.receive(state('fs', 'starting'));
  assert.equal(armed(), false);
  wait.receive(state('fs', 'running'));
  wait.receive({ kind: 'disconnected', reason: '' });
  wait.receive(ACK);
  assert.equal(armed(), false);
});

test('a dead source ends --all-of while its clause is open, and --first-of when all are dead', () => {
  const clauses = ['agent:fields.a=1', 'fs:fields.b=1'].map(parseClause);
  const all = new WaitState({ mode: 'all', clauses, count: 1 });
  all.receive(ACK);
  all.receive(event({ source: 'agent', a: 1 }));
  all.receive(state('agent', 'failed'));
  assert.equal(all.hopeless(), null);
  all.receive(state('fs', 'quarantined'));
  assert.equal(all.hopeless()?.source, 'fs');
  const first = new WaitState({ mode: 'first', clauses, count: 1 });
  first.receive(ACK);
  first.receive(state('agent', 'failed'));
  assert.equal(first.hopeless(), null);
  first.receive(state('fs', 'failed'));
  assert.notEqual(first.hopeless(), null);
  first.receive(state('fs', 'running'));
  assert.equal(first.hopeless(), null);
});

test('a dead source ends nothing while the log is still being replayed', () => {
  const wait = new WaitState({ mode: 'first', clauses: [parseClause('fs:fields.b=1')], count: 1 });
  wait.receive({ ...ACK, caught_up_at: ACK.head });
  wait.receive(state('fs', 'failed'));
  assert.equal(wait.hopeless(), null);
  wait.receive({ kind: 'caught_up', head: ACK.head });
  assert.equal(wait.hopeless()?.source, 'fs');
});

test('the verdict: 1 only when asked for and any event failed', () => {
  const [good, bad] = [event({ conclusion: 'success' }), event({ conclusion: 'failure' })];
  assert.deepEqual(
    [
      exitCodeOf({ outcome: null, matched: [good] }, true),
      exitCodeOf({ outcome: null, matched: [good, bad] }, true),
      exitCodeOf({ outcome: null, matched: [bad] }, false),
      exitCodeOf({ outcome: null, matched: [bad] }, null),
      exitCodeOf({ outcome: 'failure', matched: [good] }, null),
      exitCodeOf({ outcome: 'success', matched: [bad] }, true),
    ],
    [0, 1, 0, 0, 1, 0],
  );
});
