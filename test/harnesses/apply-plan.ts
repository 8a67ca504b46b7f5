/** Writes what a harness file says is to be installed into an empty home: nothing is there to merge with. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Edit } from 'waitbus-source-agent/harnesses';

type Tree = Record<string, unknown>;

export function applyPlan(edits: readonly Edit[]): void {
  for (const edit of edits) {
    mkdirSync(dirname(edit.file), { recursive: true });
    writeFileSync(edit.file, contentAfter(edit));
    if (edit.kind === 'file' && edit.executable === true) chmodSync(edit.file, 0o755);
  }
}

function contentAfter(edit: Edit): string {
  if (edit.kind === 'file') return edit.content;
  const before = existsSync(edit.file) ? readFileSync(edit.file, 'utf8') : '';
  if (edit.kind === 'toml-set') {
    const values = Object.entries(edit.values).map(
      ([key, value]) => `${key} = ${JSON.stringify(value)}\n`,
    );
    return `${before}[${edit.table.join('.')}]\n${values.join('')}`;
  }
  const tree = (before === '' ? {} : JSON.parse(before)) as Tree;
  const parent = edit.path.slice(0, -1).reduce<Tree>((at, key) => (at[key] ??= {}) as Tree, tree);
  const key = edit.path.at(-1) ?? '';
  if (edit.kind === 'json-set') parent[key] = edit.value;
  else parent[key] = [...((parent[key] ?? []) as unknown[]), edit.value];
  return JSON.stringify(tree, null, 2);
}
