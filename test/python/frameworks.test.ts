/** The Python examples, where their frameworks are installed: a real round of each. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';
import { CLIENT } from './python.js';

const EXAMPLES = { langgraph: 'langgraph_wait.py', pydantic_ai: 'pydantic_ai_wait.py' };

for (const [framework, file] of Object.entries(EXAMPLES)) {
  const there = spawnSync('python3', ['-c', `import ${framework}`]).status === 0;
  const skip = there ? false : `python3 has no ${framework}`;
  test(
    `${file}: the model calls wait, another process emits, the model has it fenced`,
    { skip },
    async () => {
      await using box = new Sandbox({ PYTHONPATH: CLIENT, PYTHONDONTWRITEBYTECODE: '1' });
      const example = join(REPO, 'docs', 'examples', 'python', file);
      const running = box.start('python3', [example]);
      await running.says(/waiting for/);
      const event = ['--source', 'agent', '--event-type', 'agent_finished'];
      await box.run(['emit', ...event, '--field', 'msg_from=builder', '--summary', 'done']);
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /<<<waitbus-data (\w+)\n.*, from agent builder: done\nwaitbus-data \1>>>/,
      );
    },
  );
}
