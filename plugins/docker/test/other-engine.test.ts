/** Whether a shell's docker command speaks to the engine that is listened to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEndpoint } from '../src/endpoint.js';
import type { Surroundings } from '../src/locate.js';
import { otherEngine } from '../src/other-engine.js';

function shell(env: Surroundings['env']): Surroundings {
  return { env, home: '/srv/ada', uid: 1000, platform: 'linux', readText: () => null };
}

const said = (ours: string, env: Surroundings['env'], real?: (path: string) => string) =>
  otherEngine(parseEndpoint(ours, 'here'), shell(env), real);

test('a shell whose DOCKER_HOST names another engine is told, with what mends it', () => {
  const other = said('/var/run/docker.sock', { DOCKER_HOST: '127.0.0.1:2375' });
  assert.match(other?.detail ?? '', /shell's engine is tcp:\/\/127.0.0.1:2375, and waitbus/);
  assert.equal(other?.remedy, "waitbus config set sources.docker.socket 'tcp://127.0.0.1:2375'");
  const path = said('tcp://far', { DOCKER_HOST: 'unix:///a b.sock' });
  assert.equal(path?.remedy, "waitbus config set sources.docker.socket 'unix:///a b.sock'");
});

test('a shell without one, where the source was started with one, is told as well', () => {
  assert.match(said('/own.sock', {})?.detail ?? '', /engine is \/var\/run\/docker.sock/);
});

test('an engine that waitbus cannot speak to is told with what brings it here', () => {
  const other = said('/var/run/docker.sock', { DOCKER_HOST: 'ssh://ada@far' });
  assert.match(other?.detail ?? '', /not seen: DOCKER_HOST is ssh:\/\/ada@far.*listens to \/var/);
  assert.match(other?.remedy ?? '', /^L=.*ssh -fnNT/);
});

test('one engine in two spellings is one', () => {
  assert.equal(said('/var/run/docker.sock', {}), null);
  assert.equal(said('/run/user/1000/docker.sock', {}), null);
  assert.equal(said('tcp://LOCALHOST:2375', { DOCKER_HOST: ':2375' }), null);
  assert.equal(said('tcp://[::1]:1', { DOCKER_HOST: 'http://127.0.0.1:1' }), null);
  const real = (path: string) => path.replace(/^\/var\/run\//, '/run/');
  assert.equal(
    said('/run/docker.sock', { DOCKER_HOST: 'unix:///var/run/docker.sock' }, real),
    null,
  );
});
