/** What a person does first: waits for a container, with nothing configured. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { armedWait, assertExit, jsonLines, type Event } from '../cli/verbs.js';
import { DockerEngine } from '../support/docker-engine.js';
import { Sandbox } from '../support/sandbox.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : false;
const engine = started as DockerEngine;
after(async () => {
  if (skip === false) await engine.stop();
});

const FAILURE = ['--source', 'docker', '--match', 'fields.conclusion="failure"'];

test(
  'with nothing configured a wait for a failure wakes when a container exits with 3',
  { skip },
  async () => {
    await using box = new Sandbox({ DOCKER_HOST: engine.host });
    const wait = await armedWait(box, ...FAILURE, '--timeout', '10m', '--json');
    await engine.run('exit 0', '--name', 'fine');
    const { code } = await engine.run(
      'exit 3',
      ...['--name', 'web-1', '--label', 'com.docker.compose.project=shop'],
      ...['--label', 'com.docker.compose.service=web'],
    );
    assert.equal(code, 3);
    const ended = await wait.ended;
    assertExit(ended, 0);
    const [event] = jsonLines(ended.stdout) as Event[];
    const { container_id: id, ...fields } = event?.fields ?? {};
    assert.deepEqual(fields, {
      status: 'exited',
      conclusion: 'failure',
      exit_code: 3,
      workflow_name: 'web',
      container: 'web-1',
      image: 'waitbus-test:1',
      project: 'shop',
      service: 'web',
      source: 'docker',
      event_type: 'docker_container',
      owner: 'local',
      repo: 'local',
      ingest_method: 'stream',
    });
    assert.match(String(id), /^[0-9a-f]{64}$/);
    assert.match(String(event?.['delivery_id']), new RegExp(`^${String(id)}:die:\\d{19}$`));
  },
);

test(
  'nothing that begins right after a wait is armed is missed: twenty quick containers',
  { skip },
  async () => {
    await using box = new Sandbox({ DOCKER_HOST: engine.host });
    const names = Array.from({ length: 20 }, (_, at) => `quick-${at}`);
    const options = ['--match', 'fields.status="exited"', '--count', '20', '--json'];
    const wait = await armedWait(box, '--source', 'docker', ...options);
    await Promise.all(names.map((name) => engine.run('exit 0', '--rm', '--name', name)));
    const ended = await wait.ended;
    assertExit(ended, 0);
    const events = jsonLines(ended.stdout) as Event[];
    assert.deepEqual(events.map(({ fields }) => fields['container']).sort(), names.sort());
    assert.ok(events.every(({ fields }) => fields['conclusion'] === 'success'));
  },
);

test(
  'the command of an engine that cannot be used mends it in the daemon that runs',
  { skip },
  async () => {
    await using box = new Sandbox({ DOCKER_HOST: 'nothing://there' });
    const follower = box.waitbus(['log', '--follow']);
    const refused = await box.run([...['wait', ...FAILURE], '--timeout', '2m']);
    assertExit(refused, 2);
    const [, command] =
      /^ {2}waitbus (config set sources\.docker\.socket) \S+$/m.exec(refused.stderr) ?? [];
    assert.ok(command, refused.stderr);
    assertExit(await box.run([...command.split(' '), engine.host]), 0);
    const wait = await armedWait(box, ...FAILURE, '--timeout', '10m', '--json');
    await engine.run('exit 4', '--name', 'mended');
    assertExit(await wait.ended, 0);
    follower.child.kill();
    await follower.ended;
  },
);

test(
  "while arming a wait is told that its shell's DOCKER_HOST names another engine",
  { skip },
  async () => {
    await using box = new Sandbox({ DOCKER_HOST: engine.host });
    const first = await armedWait(box, ...FAILURE, '--timeout', '10m');
    const other = box.waitbus(['wait', ...FAILURE, '--match', 'fields.container="nope"'], {
      env: { DOCKER_HOST: '127.0.0.1:1' },
    });
    await other.says(
      /shell's engine is tcp:\/\/127\.0\.0\.1:1, .*config set sources\.docker\.socket/,
    );
    await other.says(/no container is named nope yet/);
    // It is said of what is not there, and taken back once it is.
    await engine.run('exit 0', '--name', 'nope');
    await other.says(/no container is named nope yet[^\n]* \(over\)/);
    for (const { child, ended } of [first, other]) {
      child.kill();
      await ended;
    }
  },
);
