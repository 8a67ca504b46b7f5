/** A directory with ignore rules, and what is said of conditions to who waits in it. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Condition, WaitNote } from '@waitbus/plugin-sdk';
import { checkWait } from '../src/check-wait.js';
import type { Note } from '../src/hearing.js';
import { IgnoreRules } from '../src/ignore-rules.js';
import { sh, temporaryDirectory } from './harness.js';

export const is = (key: string, value: string, op: Condition['op'] = '='): Condition => ({
  key: `fields.${key}`,
  op,
  value,
});

export interface World {
  readonly root: string;
  readonly check: (...conditions: readonly Condition[]) => readonly Note[];
}

export async function world(t: TestContext): Promise<World> {
  const base = temporaryDirectory(t);
  await sh('mkdir root; ln -s root link; cd root; git init -q .; mkdir -p src build', base);
  await sh(
    'printf "build/\\n*.log\\n" > .gitignore; echo > kept.log; git add -f kept.log',
    join(base, 'root'),
  );
  const root = join(base, 'root');
  const rules = new IgnoreRules(root, { ignore: ['*.bak'], gitignore: true });
  return {
    root,
    check: (...conditions) =>
      checkWait({ cwd: root, anyOf: [conditions] }, [{ given: root, real: root, rules }]),
  };
}

export const codes = (notes: readonly Pick<WaitNote, 'code' | 'level'>[]): readonly string[] =>
  notes.map(({ code, level }) => `${code} ${level}`);
