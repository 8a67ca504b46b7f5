/** The Claude Code plugin, the Gemini extension and the skill say what the plans and the commands do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsePredicate } from '@waitbus/kernel/predicate';
import { HELP } from '../../cli/src/terminal/help.js';
import { EXIT } from '../../cli/src/terminal/exit.js';
import { REPO } from '../support/sandbox.js';

const SKILL = readFileSync(
  join(REPO, 'plugins/agent/claude-plugin/skills/waitbus/SKILL.md'),
  'utf8',
);

test('the hooks and servers of the plugin and the extension are those of the plans', () => {
  const script = join(REPO, 'plugins/agent/write-plugins.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('every command of the skill exists, with every option that it is given, and a predicate that parses', () => {
  const commands = [...SKILL.matchAll(/`([^`]*waitbus [^`]+)`/g)].map(([, text = '']) => text);
  assert.ok(commands.length > 12);
  for (const text of commands) {
    for (const [, name = '', rest = ''] of text.matchAll(/waitbus ([a-z]+)((?: (?!-- )[^ ]+)*)/g)) {
      if (name === '') continue;
      const help = HELP[name];
      assert.ok(help, `${text}: ${name}`);
      for (const [option] of rest.matchAll(/--[a-z-]{2,}/g)) assert.ok(help.includes(option), text);
    }
    for (const [, predicate = ''] of text.matchAll(/--match '([^']+)'/g))
      parsePredicate([predicate]);
  }
});

test('the exit codes of the skill are those of wait', () => {
  const codes = [...SKILL.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes, [EXIT.ok, EXIT.failure, EXIT.timeout, EXIT.usage]);
});
