/** A source with a webhook as it is shipped: the library beside the runner, read only by who needs it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from '../support/sandbox.js';
import { Workspace } from './installation.js';

const HOOKS = `export default {
  name: 'hooks',
  async start(ctx) {
    const { url } = await ctx.webhook({
      port: 0,
      routes: [
        {
          path: '/hook',
          handler: async ({ headers, body }) => {
            const fields = { words: body.toString(), kind: headers['x-event'] };
            const { event_id } = await ctx.emit({ event_type: 'declared', fields });
            return { status: 202, body: { event_id } };
          },
        },
      ],
    });
    ctx.log.info('the webhook is open', { url });
    ctx.ready();
  },
};
`;

test('what is posted to a source wakes who waits on it', async () => {
  await using box = new Sandbox();
  const workspace = new Workspace(box);
  workspace.plugin('hooks', 'waitbus-source-hooks', 'hooks', HOOKS, { net: ['127.0.0.1'] });
  await workspace.pin();
  const daemon = await workspace.daemon();
  const waiting = workspace.run(
    'wait',
    '--source',
    'hooks',
    '--match',
    'fields.kind="push"',
    '--json',
  );
  const said = await daemon.says(/"url":"http:[^"]+"/);
  const { url } = JSON.parse(`{${said}}`) as { url: string };
  await waiting.says(/armed|waiting/i);
  const answer = await fetch(`${url}/hook`, {
    method: 'POST',
    headers: { 'x-event': 'push' },
    body: 'three words here',
  });
  assert.equal(answer.status, 202);
  const { event_id } = (await answer.json()) as { event_id: string };
  const { code, stdout } = await waiting.ended;
  assert.equal(code, 0);
  const frame = JSON.parse(stdout) as {
    event_id: string;
    fields: Record<string, unknown>;
  };
  assert.equal(frame.event_id, event_id);
  assert.equal(frame.fields['words'], 'three words here');
});

test('the runner of a source without a webhook holds nothing of HTTP', () => {
  const bin = (name: string) => readFileSync(join(REPO, 'cli', 'dist', 'bin', name), 'utf8');
  const runner = bin('source-runner.js');
  assert.match(runner, /import\("\.\/webhook\.js"\)/);
  assert.doesNotMatch(runner, /require\("(node:)?https?2?"\)|hono/i);
  assert.match(bin('webhook.js'), /require\("(node:)?http"\)/);
});

test('what verifies provenance is in no command that does not ask for it', () => {
  for (const name of ['waitbus.js', 'daemon.js', 'source-runner.js']) {
    const code = readFileSync(join(REPO, 'cli', 'dist', 'bin', name), 'utf8');
    // A require at the margin is run at the start; one within a function when it is called.
    assert.doesNotMatch(code, /^(var|const) .*require\("@sigstore\//m, name);
  }
});
