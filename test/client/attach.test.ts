/** The client library as a program uses it: attach, and the will that an attached process has. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { attach, emit, waitFor } from 'waitbus';
import { daemonPid } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';
import { done, signal } from './done-signal-code.js';

const ATTACHED = fileURLToPath(new URL('../fixtures/attached-agent.mjs', import.meta.url));

test('the will of an attached process that is killed is published', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const armed = signal();
  const died = waitFor({
    source: 'agent',
    match: ['event_type="agent_failed"', 'fields.msg_from="a"'],
    paths,
    timeout: 20_000,
    onArmed: armed.happen,
  });
  await armed.happened;
  const agent = box.start(process.execPath, [ATTACHED, 'a']);
  await agent.says(/attached/);
  agent.child.kill('SIGKILL');
  assert.equal((await died)[0]?.event_type, 'agent_failed');
});

test('a process that detaches leaves no will behind', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit(done(0), { paths });
  const agent = box.start(process.execPath, [ATTACHED, 'b'], { stdio: ['pipe', 'pipe', 'pipe'] });
  await agent.says(/attached/);
  agent.child.stdin?.write('leave\n');
  assert.equal((await agent.ended).code, 0);
  await emit(done(1), { paths });
  const [event] = await waitFor({
    match: ['fields.n!=0'],
    since: '0'.repeat(26),
    paths,
    timeout: 20_000,
  });
  assert.equal(event?.event_type, 'agent_finished');
  const { stdout } = await box.run(['status', '--json']);
  assert.equal((JSON.parse(stdout) as { events: number }).events, 2);
});

test('an attachment outlives the daemon: its will is known to the next one', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const attachment = await attach(
    'survivor',
    { ...done(1), event_type: 'agent_failed' },
    { paths },
  );
  process.kill(await daemonPid(box), 'SIGKILL');
  const attached = async (): Promise<boolean> => {
    const { stdout } = await box.run(['status', '--json']);
    return (JSON.parse(stdout) as { attached?: string[] }).attached?.includes('survivor') === true;
  };
  // Bounded by the runner; each round is a whole process.
  while (!(await attached()));
  await attachment.detach();
  const { stdout } = await box.run(['status', '--json']);
  assert.deepEqual((JSON.parse(stdout) as { attached: string[] }).attached, []);
});
