/** The plugin that opencode loads, driven as opencode drives one, with the real hook behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { send } from 'waitbus';
import { heard, heardOne } from '../agent/heard.js';
import { Sandbox } from '../support/sandbox.js';
import { setUp } from './set-up.js';

interface Prompt {
  readonly path: { readonly id: string };
  readonly body: { readonly parts: readonly { readonly text: string }[] };
}

interface Hooks {
  event(input: { event: object }): Promise<void>;
  dispose(): Promise<void>;
  'tool.execute.after'(input: object, output: object): Promise<void>;
  'experimental.chat.system.transform'(
    input: { sessionID: string },
    output: { system: string[] },
  ): Promise<void>;
}

type Plugin = (input: object) => Promise<Hooks>;

const NAME = 'opencode:ses_1';
const ID = { sessionID: 'ses_1' };

test('an opencode session is heard, learns its name, and is woken when it is idle', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const plan = setUp(box, 'opencode', 'project');
  const file = plan.find(({ kind }) => kind === 'file')?.file ?? '';
  // The plugin runs in this process, whose waitbus is to be the sandbox's.
  const before = { ...process.env };
  Object.assign(process.env, box.env);
  try {
    const exported = (await import(pathToFileURL(file).href)) as Record<string, Plugin>;
    // opencode takes every export for a plugin.
    assert.deepEqual(Object.keys(exported), ['Waitbus']);
    let prompted: (prompt: Prompt) => void = () => undefined;
    const prompt = new Promise<Prompt>((resolve) => (prompted = resolve));
    const client = { session: { promptAsync: async (one: Prompt) => prompted(one) } };
    const hooks = await exported['Waitbus']?.({ client, directory: box.work });
    assert.ok(hooks);
    const say = (type: string, properties: object) => hooks.event({ event: { type, properties } });
    await say('session.created', { info: { id: 'ses_1', directory: box.work } });
    await heardOne(box, `fields.msg_from="${NAME}"`, 'event_type="agent_started"');
    const output = { system: [] as string[] };
    await hooks['experimental.chat.system.transform'](ID, output);
    assert.match(String(output.system[0]), /opencode:ses_1/);
    const args = { filePath: '/tmp/x' };
    await hooks['tool.execute.after']({ ...ID, tool: 'edit', callID: 'c', args }, {});
    await say('session.created', { info: { id: 'ses_2', parentID: 'ses_1' } });
    await heardOne(box, `fields.msg_from="${NAME}"`, 'fields.subagent="ses_2"');
    await heardOne(box, `fields.msg_from="${NAME}"`, 'fields.path="/tmp/x"');
    await say('session.idle', ID);
    await heardOne(box, `fields.msg_from="${NAME}"`, 'event_type="agent_finished"');
    await send({ to: NAME, from: 'claude:peer', body: 'wake up', paths: box.paths });
    const { path, body } = await prompt;
    assert.equal(path.id, 'ses_1');
    assert.match(String(body.parts[0]?.text), /wake up/);
    await hooks.dispose();
    const [ended] = await heard(box, [`fields.msg_from="${NAME}"`, 'fields.reason="exit"']);
    assert.equal(ended?.event_type, 'agent_finished');
  } finally {
    process.env = before;
  }
});
