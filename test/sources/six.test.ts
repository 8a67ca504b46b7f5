/** One wait on all six sources at once: whichever of them has something to tell ends it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { armedWait, assertExit, jsonLines, type Event } from '../cli/verbs.js';
import { Alertmanager, noAlertmanager } from '../support/alertmanager.js';
import { DockerEngine } from '../support/docker-engine.js';
import { deliver, freePort, SECRET } from '../support/github-stage.js';
import { Sandbox } from '../support/sandbox.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : noAlertmanager;
const engine = started as DockerEngine;
after(async () => {
  if (typeof started !== 'string') await engine.stop();
});

const FAILED = 'fields.conclusion="failure"';
const FIRST = ['alertmanager', 'docker', 'github', 'pytest', 'agent']
  .map((source) => `${source}:${FAILED}`)
  .concat('fs:fields.workflow_name="failed.txt"')
  .flatMap((clause) => ['--first-of', clause]);

test('the first of six sources ends a wait', { skip }, async () => {
  await using box = new Sandbox({ DOCKER_HOST: engine.host });
  const [hook, alerts] = [await freePort(), await freePort()];
  mkdirSync(box.paths.configDir, { recursive: true });
  const sources = { github: { webhook: { port: hook } }, alertmanager: { port: alerts } };
  writeFileSync(join(box.paths.configDir, 'config.json'), JSON.stringify({ sources }));
  for (const name of ['github-webhook-secret', 'alertmanager-secret']) {
    assertExit(await box.run(['secret', 'set', name], SECRET), 0);
  }
  const alertmanager = await Alertmanager.start(box, { port: alerts, secret: SECRET });
  // Of its own, so that what pytest writes is no save that anybody waits for.
  const tests = join(box.directory, 'tests');
  mkdirSync(tests);
  writeFileSync(join(tests, 'test_it.py'), 'def test_it():\n    assert False\n');
  const happenings: Readonly<Record<string, () => Promise<unknown>>> = {
    agent: () => box.run(['run', '--name', 'builder', '--', 'false']),
    alertmanager: () => alertmanager.post({ labels: { alertname: 'HighLoad' } }),
    docker: () => engine.run('exit 3', '--rm'),
    fs: async () => writeFileSync(join(box.work, 'failed.txt'), 'it failed'),
    github: () => deliver({ port: hook, kind: 'workflow_run', payload: FAILED_RUN }),
    pytest: () => box.run(['pytest', '--', '-q', '-p', 'no:cacheprovider', tests]),
  };
  for (const [source, happen] of Object.entries(happenings)) {
    const wait = await armedWait(box, ...FIRST, '--timeout', '2m', '--json');
    await happen();
    const ended = await wait.ended;
    // What GitHub tells is a verdict, and ends a wait with what it says.
    assertExit(ended, source === 'github' ? 1 : 0);
    const [event] = jsonLines(ended.stdout) as Event[];
    assert.equal(event?.fields['source'], source);
  }
});

const FAILED_RUN = {
  action: 'completed',
  workflow_run: {
    id: 30433642,
    run_attempt: 1,
    name: 'CI',
    head_sha: '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a',
    head_branch: 'main',
    status: 'completed',
    conclusion: 'failure',
  },
  repository: { full_name: 'acme/app' },
};
