/**
 * Three real harnesses of different vendors on one bus: one is killed with SIGKILL in mid-turn, and the
 * two others, which wait for it at the end of their turns, are woken, each exactly once.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { lines, object, text } from './json.js';
import { FakeModel } from './model/server.js';
import type { Scenario } from './model/scenario.js';
import { startReal } from './real.js';
import { lacks } from './requirements.js';
import { processesOf } from '../support/processes-of.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { isWoken, WAITING, watcher } from './watcher.js';

const SURVIVORS = ['claude', 'copilot'] as const;

test(
  'a Codex that is killed in mid-turn wakes Claude Code and Copilot CLI, each once',
  { skip: lacks('claude', 'codex', 'copilot') },
  async () => {
    await using sandbox = new Sandbox();
    const death = ['event_type="agent_failed"', 'fields.msg_from="victim"'];
    const scenarios: Record<string, Scenario> = { victim: () => ({ kind: 'hang' }) };
    for (const name of SURVIVORS) {
      const work = join(sandbox.directory, `work-${name}`);
      scenarios[name] = watcher(name, work, death, sandbox.env);
    }
    await using model = await FakeModel.start(
      (turn) => scenarios[turn.agent]?.(turn) ?? { kind: 'fail', status: 400 },
    );
    await sandbox.daemon();

    const under = [process.execPath, WAITBUS, 'run', '--name', 'victim', '--'];
    const victim = await startReal(sandbox, model, 'codex', {
      agent: 'victim',
      prompt: 'Go on for long.',
      under,
    });
    await model.request(({ turn, step }) => turn.agent === 'victim' && step.kind === 'hang');
    const survivors = await Promise.all(
      SURVIVORS.map((name) => startReal(sandbox, model, name, { prompt: 'Wait for the victim.' })),
    );
    for (const name of SURVIVORS) {
      await model.request(
        ({ turn, step }) => turn.agent === name && step.kind === 'say' && step.text === WAITING,
      );
    }

    const wrapper = victim.running.child.pid;
    const harness = processesOf(victim.ground.model).filter((pid) => pid !== wrapper);
    assert.notEqual(harness.length, 0);
    for (const pid of harness) process.kill(pid, 'SIGKILL');

    for (const { running, driver } of survivors) {
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.match(driver.read(stdout).text, /woken/);
      const woken = model.turnsOf(driver.name).filter(({ turn }) => isWoken(turn));
      assert.equal(woken.length, 1, `${driver.name} was woken ${woken.length} times`);
      const said = woken[0]?.turn.said.map((one) => one.text).join('\n') ?? '';
      assert.match(said, /victim failed/);
    }
    const log = lines((await sandbox.run(['log', '--since', 'start', '--json'])).stdout);
    const deaths = log.filter((event) => {
      const fields = object(event['fields']);
      return event['event_type'] === 'agent_failed' && text(fields['msg_from']) === 'victim';
    });
    assert.equal(deaths.length, 1);
  },
);
