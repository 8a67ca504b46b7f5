/** Puts what a harness's plan says into the files of a sandbox, where there is nothing yet. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HARNESSES, type Edit, type HarnessName, type Scope } from 'waitbus-source-agent/harnesses';
import { WAITBUS, type Sandbox } from '../support/sandbox.js';

type Tree = Record<string, unknown>;

/** @returns the edits that were made */
export function setUp(box: Sandbox, name: HarnessName, scope: Scope): readonly Edit[] {
  const plan = HARNESSES[name].plan({
    scope,
    home: box.env['HOME'] ?? '',
    project: box.work,
    env: {},
    command: [process.execPath, WAITBUS],
  });
  for (const edit of plan) make(edit);
  return plan;
}

function make(edit: Edit): void {
  mkdirSync(dirname(edit.file), { recursive: true });
  if (edit.kind === 'file') {
    writeFileSync(edit.file, edit.content, { mode: edit.executable === true ? 0o755 : 0o644 });
    return;
  }
  if (edit.kind === 'toml-set') {
    const lines = Object.entries(edit.values).map(([key, value]) => `${key} = ${toml(value)}`);
    writeFileSync(edit.file, [`[${edit.table.join('.')}]`, ...lines, ''].join('\n'));
    return;
  }
  const tree = (existsSync(edit.file) ? JSON.parse(readFileSync(edit.file, 'utf8')) : {}) as Tree;
  let at = tree;
  for (const key of edit.path.slice(0, -1)) at = (at[key] ??= {}) as Tree;
  const last = edit.path.at(-1) ?? '';
  if (edit.kind === 'json-set') at[last] = edit.value;
  else at[last] = [...((at[last] ?? []) as unknown[]), edit.value];
  writeFileSync(edit.file, JSON.stringify(tree, null, 2));
}

function toml(value: unknown): string {
  return JSON.stringify(value);
}
