/** Verdicts that one event of the engine does not give: by which labels lie, and stops told late. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { armedWait, assertExit, jsonLines, type Event } from '../cli/verbs.js';
import { DockerEngine } from '../support/docker-engine.js';
import { DockerStage } from '../support/docker-stage.js';
import { Sandbox } from '../support/sandbox.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : false;
const engine = started as DockerEngine;
after(async () => {
  if (skip === false) await engine.stop();
});

/** Ends with this code when this signal comes. */
const heeding = (signal: string, code: number) => [
  '/bin/sh',
  '-c',
  `trap "exit ${code}" ${signal}; sleep 1000 & wait`,
];

const LIES = ['exitCode=0', 'signal=9', 'name=other', 'image=other'].flatMap((label) => [
  '--label',
  label,
]);

test('a label exitCode=0 makes no failure a success', { skip }, async () => {
  await using box = new Sandbox({ DOCKER_HOST: engine.host });
  const options = ['--match', 'fields.conclusion="failure"', '--timeout', '10m', '--json'];
  const wait = await armedWait(box, '--source', 'docker', '--count', '2', ...options);
  await engine.run('exit 3', '--name', 'liar', ...LIES);
  // Nothing is left to look at when it has ended.
  await engine.run('exit 4', '--name', 'gone', '--rm', ...LIES);
  const ended = await wait.ended;
  assertExit(ended, 0);
  const events = jsonLines(ended.stdout) as Event[];
  assert.deepEqual(
    events.map(({ fields }) => [fields['container'], fields['image'], fields['exit_code']]),
    [
      ['liar', 'waitbus-test:1', 3],
      ['gone', 'waitbus-test:1', 4],
    ],
  );
});

test(
  'a label exitCode=3 makes no success a failure, nor another run another one',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    // It runs already when the source begins, and removes itself.
    const waiting = heeding('USR1', 0);
    await engine.begin(waiting, '--name', 'early', '--rm', '--label', 'exitCode=3');
    const source = await stage.begin().ready();
    await engine.must('kill', '-s', 'USR1', 'early');
    await source.until(() => stage.exits('early').length > 0);
    assert.deepEqual(stage.exits('early'), ['0 success']);
    const script = 'test -e /again && exit 6; touch /again; exit 5';
    await engine.begin(
      ['/bin/sh', '-c', script],
      ...['--name', 'again', '--restart', 'on-failure:2', '--label', 'exitCode=0'],
    );
    await source.until(() => stage.exits('again').length === 3);
    assert.deepEqual(stage.exits('again'), ['5 failure', '6 failure', '6 failure']);
  },
);

test('a stop by another signal than TERM fails no wait', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  const source = await stage.begin().ready();
  await engine.begin(heeding('USR1', 7), '--name', 'usr1', '--stop-signal', 'USR1');
  await engine.must('stop', 'usr1');
  await engine.begin(heeding('WINCH', 1), '--name', 'winch', '--stop-signal', 'WINCH');
  await engine.must('restart', 'winch');
  await engine.begin(heeding('TERM', 7), '--name', 'labelled', '--label', 'signal=1');
  await engine.must('stop', 'labelled');
  await engine.must('start', 'labelled');
  await engine.must('rm', '-f', 'labelled');
  await source.until(() => stage.exits('labelled').length === 2);
  assert.deepEqual(stage.exits('usr1'), ['7 cancelled']);
  assert.deepEqual(stage.story('usr1'), ['started', 'exited', 'stopped']);
  assert.deepEqual(stage.exits('winch'), ['1 cancelled']);
  assert.deepEqual(stage.story('winch'), ['started', 'exited', 'stopped', 'started']);
  assert.deepEqual(stage.exits('labelled'), ['7 cancelled', '137 cancelled']);
});

test('a label signal=9 makes no failure a cancellation', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  const source = await stage.begin().ready();
  await engine.begin(heeding('HUP', 9), '--name', 'hup', '--label', 'signal=9');
  await engine.must('kill', '-s', 'HUP', 'hup');
  await source.until(() => stage.exits('hup').length > 0);
  assert.deepEqual(stage.exits('hup'), ['9 failure']);
});
