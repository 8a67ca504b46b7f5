/** Two sources in one wait: a test run by real pytest, and a container of a real engine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { armedWait, assertExit, jsonLines, type Event } from '../cli/verbs.js';
import { DockerEngine } from '../support/docker-engine.js';
import { Sandbox } from '../support/sandbox.js';

const started = await DockerEngine.start();
const hasPytest = spawnSync('python3', ['-m', 'pytest', '--version']).status === 0;
const skip = typeof started === 'string' ? started : hasPytest ? false : 'python3 has no pytest';
const engine = started as DockerEngine;
after(async () => {
  if (typeof started !== 'string') await engine.stop();
});

const BOTH = [
  ...['--all-of', 'pytest:fields.event_type="pytest_session"'],
  ...['--all-of', 'docker:fields.event_type="docker_container"'],
];

test('a wait for a test session and a container ends when both have come', { skip }, async () => {
  for (const first of ['pytest', 'docker']) {
    await using box = new Sandbox({ DOCKER_HOST: engine.host });
    writeFileSync(join(box.work, 'test_it.py'), 'def test_it():\n    assert True\n');
    const wait = await armedWait(box, ...BOTH, '--timeout', '10m', '--json');
    const happenings = {
      pytest: async () => {
        const run = box.waitbus(['pytest', '--', '-q', '-p', 'no:cacheprovider']);
        assertExit(await run.ended, 0);
      },
      docker: async () => assert.equal((await engine.run('exit 0', '--rm')).code, 0),
    };
    const order =
      first === 'pytest' ? (['pytest', 'docker'] as const) : (['docker', 'pytest'] as const);
    await happenings[order[0]]();
    assert.equal(wait.child.exitCode, null, 'one of the two is not both');
    await happenings[order[1]]();
    const ended = await wait.ended;
    assertExit(ended, 0);
    const types = (jsonLines(ended.stdout) as Event[]).map(({ fields }) => fields['event_type']);
    assert.deepEqual(types.toSorted(), ['docker_container', 'pytest_session']);
  }
});
