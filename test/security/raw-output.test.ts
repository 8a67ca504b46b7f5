/** The lint rule that keeps every file but the printing ones from stdout and stderr. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ESLint, Linter, type Rule } from 'eslint';
import { REPO } from '../support/sandbox.js';

const RULE = 'waitbus/sanitised-output';
const { sanitisedOutput } = (await import(
  pathToFileURL(join(REPO, 'lint', 'sanitised-output.js')).href
)) as { sanitisedOutput: Rule.RuleModule };

function found(code: string): number {
  const config: Linter.Config = {
    plugins: { waitbus: { rules: { 'sanitised-output': sanitisedOutput } } },
    rules: { [RULE]: 'error' },
  };
  const messages = new Linter().verify(code, config);
  for (const { fatal, message } of messages) assert.notEqual(fatal, true, message);
  return messages.length;
}

for (const code of [
  'process.stdout.write(text)',
  'process.stderr.write(text)',
  "process['stdout'].write(text)",
  'process[which].write(text)',
  'const out = process.stdout; out.write(text)',
  'pipe(process.stderr)',
  'stream.pipe(process.stdout)',
  'const { stdout } = process; stdout.write(text)',
  'const { stderr: out } = process; out.write(text)',
  'const { ...all } = process; all.stdout.write(text)',
  "import { stdout } from 'node:process'; stdout.write(text)",
  'console.log(text)',
  'console.error(text)',
  'writeSync(1, text)',
  'fs.writeSync(2, text)',
]) {
  test(`refused: ${code}`, () => assert.ok(found(code) > 0));
}

for (const code of [
  'say(text)',
  'if (process.stdout.isTTY) wide(process.stderr.columns)',
  'child.stdout.on("data", take)',
  'writeSync(fd, text)',
  'const { env } = process',
  "import { env } from 'node:process'",
]) {
  test(`let pass: ${code}`, () => assert.equal(found(code), 0));
}

test('it holds for every package, and leaves out the printing files alone', async () => {
  const eslint = new ESLint({ cwd: REPO });
  const levelOf = async (file: string): Promise<unknown> => {
    const config = (await eslint.calculateConfigForFile(join(REPO, file))) as Linter.Config;
    return [config.rules?.[RULE] ?? 'off'].flat()[0];
  };
  for (const file of [
    'cli/src/main.ts',
    'cli/src/commands/wait.ts',
    'cli/src/commands/plugin/audit.ts',
    'kernel/src/kernel.ts',
    'plugin-sdk/src/child/main.ts',
    'plugin-sdk/src/conformance/main.ts',
    'plugins/fs/src/index.ts',
    'plugin-sdk/create/src/run-create.ts',
  ]) {
    assert.equal(await levelOf(file), 2, file);
  }
  assert.equal(await levelOf('cli/src/terminal/print.ts'), 'off');
});
