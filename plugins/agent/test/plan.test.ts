/** A plan is edits that can be made, found again and undone, in files of the scope that was asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HARNESS_NAMES, HARNESSES, type Edit, type Scope } from '../src/harness/index.js';

const HOME = '/home/me';
const PROJECT = '/home/me/shop';

const planOf = (
  name: (typeof HARNESS_NAMES)[number],
  scope: Scope,
  command: readonly string[] = ['waitbus'],
  env: Record<string, string> = {},
): readonly Edit[] => HARNESSES[name].plan({ scope, home: HOME, project: PROJECT, env, command });

for (const name of HARNESS_NAMES) {
  test(`${name}: every edit lies in its scope, and its mark is in it`, () => {
    for (const scope of ['user', 'project'] as const) {
      const plan = planOf(name, scope);
      assert.ok(plan.length > 0, scope);
      for (const edit of plan) {
        assert.ok(edit.file.startsWith(scope === 'user' ? `${HOME}/` : `${PROJECT}/`), edit.file);
        if (scope === 'user') assert.equal(edit.file.startsWith(`${PROJECT}/`), false);
        if (edit.kind !== 'json-append') continue;
        assert.ok(JSON.stringify(edit.value).includes(edit.mark), edit.mark);
      }
    }
  });

  test(`${name}: no mark is found in another edit of the same place`, () => {
    const appends = planOf(name, 'user').filter((edit) => edit.kind === 'json-append');
    for (const edit of appends) {
      const place = (one: typeof edit) => `${one.file} ${one.path.join('.')}`;
      const found = appends.filter(
        (one) => place(one) === place(edit) && JSON.stringify(one.value).includes(edit.mark),
      );
      assert.deepEqual(found, [edit]);
    }
  });

  test(`${name}: a command with spaces and quotes is one word to a shell`, () => {
    const command = ['/opt/my tools/node', "/opt/it's/waitbus.js"];
    const text = JSON.stringify(planOf(name, 'user', command));
    assert.equal(text.includes('waitbus hook'), false);
    assert.ok(text.includes('my tools'), text);
  });
}

test('directories that a harness takes from the environment are kept to', () => {
  const env = {
    CLAUDE_CONFIG_DIR: '/c/claude',
    CODEX_HOME: '/c/codex',
    COPILOT_HOME: '/c/copilot',
    GEMINI_CLI_HOME: '/c/gemini',
    XDG_CONFIG_HOME: '/c/xdg',
  };
  for (const name of ['claude', 'codex', 'copilot', 'gemini', 'opencode'] as const) {
    for (const { file } of planOf(name, 'user', ['waitbus'], env)) assert.match(file, /^\/c\//);
  }
});

test('a turn is held up by one hook, and by none where an idle session can be woken', () => {
  for (const name of ['claude', 'codex', 'gemini', 'copilot', 'cursor'] as const) {
    const held = JSON.stringify(planOf(name, 'user')).match(/--hold 30s/g) ?? [];
    assert.equal(held.length, 1, name);
  }
  const claude = JSON.stringify(planOf('claude', 'user'));
  assert.match(claude, /hook claude Idle --hold 24h","timeout":\d+,"asyncRewake":true/);
  assert.doesNotMatch(JSON.stringify(planOf('opencode', 'user')), /--hold 30s/);
});
