/** No engine, no permission, no engine behind the socket, an engine that hangs up mid-word. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { CuttingProxy } from '../support/cutting-proxy.js';
import { DockerEngine } from '../support/docker-engine.js';
import { DockerStage } from '../support/docker-stage.js';
import { REPO, Sandbox, WAITBUS } from '../support/sandbox.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : false;
const engine = started as DockerEngine;
const directory = mkdtempSync(join(tmpdir(), 'waitbus-sockets-'));
after(async () => {
  if (skip === false) await engine.stop();
  rmSync(directory, { recursive: true, force: true });
});

const root = process.getuid?.() === 0 && process.platform === 'linux';

/** Listens and answers every connection like this. */
async function answering(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const path = join(directory, `${t.name.length}-${Date.now()}.sock`);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path;
}

async function failureOf(socket: string, env: NodeJS.ProcessEnv = {}) {
  await using stage = new DockerStage(env);
  const source = stage.begin({ socket });
  await source.until(() => source.failure !== null || source.isReady);
  assert.equal(source.isReady, false);
  return source.failure;
}

test('where no engine listens a wait ends with the command that starts one', async () => {
  await using box = new Sandbox({ DOCKER_HOST: `unix://${join(directory, 'absent.sock')}` });
  const ended = await box.run(['wait', '--source', 'docker', '--timeout', '2m']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /no container engine listens at .*absent\.sock/);
  assert.match(ended.stderr, /^ {2}sudo systemctl start docker$/m);
});

test(
  'without permission a wait ends with the command that gives it',
  { skip: root ? skip : 'only root can act as another user' },
  async () => {
    const nobody = 65534;
    await using box = new Sandbox({ DOCKER_HOST: engine.host });
    chmodSync(engine.directory, 0o755);
    chmodSync(engine.socket, 0o660);
    for (const path of [box.directory, box.work, join(box.directory, 'home')])
      chownSync(path, nobody, nobody);
    const other = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const wait = ['wait', '--source', 'docker', '--timeout', '2m'];
    const ended = await box.start('setpriv', [...other, WAITBUS, ...wait]).ended;
    assertExit(ended, 2);
    assert.match(ended.stderr, /socket .*docker\.sock is not open to this user/);
    assert.match(ended.stderr, new RegExp(`sudo chown "\\$USER" .*${engine.socket}`));
    await box.start('setpriv', [...other, WAITBUS, 'stop']).ended;
  },
);

test('what answers and is no engine is named as that', async (t) => {
  const noise = await answering(t, (socket) => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
  assert.match((await failureOf(noise))?.message ?? '', /is no container engine/);
  const page = 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi';
  const web = await answering(t, (socket) => socket.end(page));
  assert.match((await failureOf(web))?.message ?? '', /no container engine .*text\/html/);
  const json = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
  const other = await answering(t, (socket) => socket.end(json));
  assert.match((await failureOf(other))?.message ?? '', /no ApiVersion/);
  const file = join(REPO, 'package.json');
  assert.match((await failureOf(file))?.message ?? '', /no container engine listens|no socket/);
});

test('what takes connections and says nothing is given up in time', async (t) => {
  const mute = await answering(t, () => undefined);
  const failure = await failureOf(mute);
  assert.match(failure?.message ?? '', /did not answer within 5 s/);
  assert.match(failure?.remedy ?? '', /docker -H .* version/);
});

test('an engine over ssh or TLS is refused with the command that forwards its socket', async () => {
  const overSsh = await failureOf('ssh://me@build-host:2222');
  assert.match(overSsh?.message ?? '', /sources\.docker\.socket is ssh:\/\/me@build-host:2222/);
  assert.match(
    overSsh?.remedy ?? '',
    /-p 2222 -L "\$L":'\/var\/run\/docker\.sock' 'me@build-host' && /,
  );
  assert.match(overSsh?.remedy ?? '', / waitbus config set sources\.docker\.socket "\$L"$/);
  assert.match((await failureOf('https://build-host:2376'))?.message ?? '', /over TLS/);
});

test(
  'a stream that is cut in the middle of a line loses and doubles nothing',
  { skip },
  async () => {
    const path = join(directory, 'cut.sock');
    await using proxy = await CuttingProxy.listen(path, engine.socket);
    await using stage = new DockerStage({ DOCKER_HOST: `unix://${path}` });
    const source = await stage.begin().ready();
    proxy.cutIn('"Action":"start"');
    proxy.cutIn('"Action":"die"');
    await engine.run('exit 3', '--name', 'cut', '--rm');
    await source.until(() => stage.exits('cut').length > 0);
    assert.equal(proxy.cuts, 2);
    await engine.run('exit 0', '--name', 'whole');
    await source.until(() => stage.exits('whole').length > 0);
    assert.deepEqual(stage.story('cut'), ['started', 'exited']);
    assert.equal(stage.committed.repeats, 0);
  },
);

test(
  'nonsense amid the stream ends it, and the next one goes on from there',
  { skip },
  async () => {
    const path = join(directory, 'noise.sock');
    await using proxy = await CuttingProxy.listen(path, engine.socket);
    await using stage = new DockerStage({ DOCKER_HOST: `unix://${path}` });
    const source = await stage.begin().ready();
    proxy.cutIn('"Action":"die"', '\n\u0000 }{ nonsense\n');
    await engine.run('exit 3', '--name', 'noisy');
    await source.until(() => stage.exits('noisy').length > 0);
    assert.ok(
      source.logged.some((line) => line.includes('are no events')),
      source.logged.join('\n'),
    );
    assert.deepEqual(stage.story('noisy'), ['started', 'exited']);
    assert.equal(source.failure, null);
  },
);

test('an engine that is away is waited for and described as that', { skip }, async () => {
  const path = join(directory, 'hung-up.sock');
  await using stage = new DockerStage({ DOCKER_HOST: `unix://${path}` });
  const proxy = await CuttingProxy.listen(path, engine.socket);
  const source = await stage.begin().ready();
  await proxy[Symbol.asyncDispose]();
  await source.until(() => source.described.some((line) => line.includes('is away since')));
  assert.match(
    source.described.at(-1) ?? '',
    /away since 20\d\d-.*Z; trying \(no container engine/,
  );
  await engine.run('exit 5', '--name', 'unseen');
  await using again = await CuttingProxy.listen(path, engine.socket);
  await source.until(() => stage.exits('unseen').length > 0);
  assert.deepEqual(stage.exits('unseen'), ['5 failure']);
  assert.ok(again.asked.includes('GET /events'));
  assert.equal(source.described.at(-1), source.described[0]);
  assert.match(source.described[0] ?? '', /^Docker Engine [\d.]+\S* at .*hung-up\.sock$/);
});

test('what the daemon cannot store now is told once it can, each exit once', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  const source = await stage.begin().ready();
  source.refusal = 'no space left on device';
  await engine.run('exit 3', '--name', 'no-room');
  await source.until(() => source.logged.some((line) => /cannot store now/.test(line)));
  assert.deepEqual(stage.story('no-room'), []);
  source.refusal = null;
  await source.until(() => stage.exits('no-room').length > 0);
  await engine.run('exit 0', '--name', 'room');
  await source.until(() => stage.exits('room').length > 0);
  assert.deepEqual(stage.story('no-room'), ['started', 'exited']);
  assert.deepEqual(stage.exits('no-room'), ['3 failure']);
});
