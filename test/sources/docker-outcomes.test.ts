/** What a real engine's containers come to, as the docker source tells it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DockerEngine, SLEEPER } from '../support/docker-engine.js';
import { DockerStage } from '../support/docker-stage.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : false;
const engine = started as DockerEngine;
after(async () => {
  if (skip === false) await engine.stop();
});

test(
  'a container that was stopped, killed or removed is cancelled, and fails no wait',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    const source = await stage.begin().ready();
    await engine.begin(SLEEPER, '--name', 'stopped');
    await engine.must('stop', 'stopped');
    await engine.must('start', 'stopped');
    await engine.must('kill', 'stopped');
    await engine.must('start', 'stopped');
    await engine.must('rm', '-f', 'stopped');
    // It refuses to end, and is killed when its time is over.
    await engine.begin(['/bin/sleep', '1000'], '--name', 'stubborn', '--stop-timeout', '1');
    await engine.must('stop', 'stubborn');
    // What it makes of the signal is its own matter, and 0 is 0.
    await engine.begin(
      ['/bin/sh', '-c', 'trap "exit 1" TERM; sleep 1000 & wait'],
      '--name',
      'rude',
    );
    await engine.must('stop', 'rude');
    await engine.begin(
      ['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'],
      '--name',
      'kind',
    );
    await engine.must('stop', 'kind');
    await source.until(() => stage.story('kind').includes('stopped'));
    assert.deepEqual(stage.story('stopped'), [
      ...['started', 'exited', 'stopped'],
      ...['started', 'exited'],
      ...['started', 'exited'],
    ]);
    assert.deepEqual(stage.exits('stopped'), ['143 cancelled', '137 cancelled', '137 cancelled']);
    assert.deepEqual(stage.exits('stubborn'), ['137 cancelled']);
    assert.deepEqual(stage.exits('rude'), ['1 cancelled']);
    assert.deepEqual(stage.exits('kind'), ['0 success']);
  },
);

test('a signal that does not mean the end makes no failure a cancellation', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  const source = await stage.begin().ready();
  const script = 'trap "exit 9" HUP; sleep 1000 & wait';
  await engine.begin(['/bin/sh', '-c', script], '--name', 'reloaded');
  await engine.must('kill', '-s', 'HUP', 'reloaded');
  await source.until(() => stage.exits('reloaded').length > 0);
  assert.deepEqual(stage.exits('reloaded'), ['9 failure']);
});

test(
  'every run of a container that is restarted by its policy is an exit of its own',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    const source = await stage.begin().ready();
    await engine.begin(['/bin/sh', '-c', 'exit 5'], '--name', 'again', '--restart', 'on-failure:2');
    await source.until(() => stage.exits('again').length === 3);
    assert.deepEqual(stage.exits('again'), ['5 failure', '5 failure', '5 failure']);
  },
);

test(
  'running out of memory is told once as oom and once as the failure that it is',
  { skip },
  async (t) => {
    const probe = await engine.run(
      'x=a; while :; do x=$x$x; done',
      '-m',
      '16m',
      '--name',
      'limited',
    );
    if (probe.code !== 137) {
      t.skip(
        `no memory limits here: ${probe.stderr.trim() || `the container ended with ${probe.code}`}`,
      );
      return;
    }
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    const source = await stage.begin().ready();
    await engine.run('x=a; while :; do x=$x$x; done', '-m', '16m', '--name', 'hungry');
    await source.until(() => stage.exits('hungry').length > 0);
    await source.until(() => stage.story('hungry').includes('oom'));
    assert.deepEqual(stage.exits('hungry'), ['137 failure']);
    assert.equal(stage.of('hungry').filter(({ conclusion }) => conclusion === 'failure').length, 1);
    const exit = stage.of('hungry').find(({ status }) => status === 'exited');
    assert.equal(exit?.['oom_killed'], true);
  },
);

test('health is told when it changes, and is no conclusion', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  const source = await stage.begin().ready();
  await engine.begin(
    ['/bin/sh', '-c', 'touch /ok; sleep 1000'],
    ...['--name', 'ill', '--health-cmd', 'test -e /ok'],
    ...['--health-interval', '1s', '--health-retries', '1'],
  );
  await source.until(() => stage.story('ill').includes('healthy'));
  await engine.must('exec', 'ill', '/bin/rm', '/ok');
  await source.until(() => stage.story('ill').includes('unhealthy'));
  await engine.must('rm', '-f', 'ill');
  await source.until(() => stage.exits('ill').length > 0);
  assert.deepEqual(stage.story('ill'), ['started', 'healthy', 'unhealthy', 'exited']);
  const unhealthy = stage.of('ill')[2];
  assert.equal(unhealthy?.['health'], 'unhealthy');
  assert.equal(unhealthy['conclusion'], undefined);
});

test('what ended before somebody waited is the past', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  await engine.run('exit 4', '--name', 'past');
  const source = await stage.begin().ready();
  await engine.run('exit 4', '--name', 'present');
  await source.until(() => stage.exits('present').length > 0);
  assert.deepEqual(stage.of('past'), []);
});
