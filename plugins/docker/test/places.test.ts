/** Where an engine is looked for, and what is said when it cannot be had there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { describeEndpoint, parseEndpoint } from '../src/endpoint.js';
import { locate, type Surroundings } from '../src/locate.js';
import { EngineProblem, problemOf, tellingProblem } from '../src/problem.js';

const HOME = '/srv/ada';

function from(
  env: Surroundings['env'],
  files: Readonly<Record<string, string>> = {},
): Surroundings {
  const readText = (path: string) => files[path] ?? null;
  return { env, home: HOME, uid: 1000, platform: 'linux', readText };
}

const places = (surroundings: Surroundings, socket?: string) =>
  locate(socket, surroundings).map(describeEndpoint);

function context(name: string, host: string, more: Readonly<Record<string, string>> = {}) {
  const digest = createHash('sha256').update(name).digest('hex');
  const meta = JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } });
  return {
    [`${HOME}/.docker/config.json`]: JSON.stringify({ currentContext: name }),
    [`${HOME}/.docker/contexts/meta/${digest}/meta.json`]: meta,
    ...Object.fromEntries(
      Object.entries(more).map(([file, text]) => [
        `${HOME}/.docker/contexts/tls/${digest}/docker/${file}`,
        text,
      ]),
    ),
  };
}

test('the usual places are the system engine, the rootless one, and Podman', () => {
  assert.deepEqual(places(from({ XDG_RUNTIME_DIR: '/run/user/7' })), [
    '/var/run/docker.sock',
    '/run/user/7/docker.sock',
    '/run/user/7/podman/podman.sock',
    '/run/podman/podman.sock',
  ]);
  assert.ok(places(from({})).includes('/run/user/1000/docker.sock'));
});

test('the configuration comes before DOCKER_HOST, which comes before a context', () => {
  const files = context('rootless', 'unix:///run/user/1000/docker.sock');
  const host = { DOCKER_HOST: 'unix:///tmp/host.sock' };
  assert.deepEqual(places(from(host, files), '/tmp/own.sock'), ['/tmp/own.sock']);
  assert.deepEqual(places(from(host, files)), ['/tmp/host.sock']);
  assert.deepEqual(places(from({ DOCKER_HOST: '' }, files)), ['/run/user/1000/docker.sock']);
  assert.equal(places(from({ DOCKER_CONTEXT: 'default' }, files)).length, 4);
});

test('a context that is not there, or needs TLS, is a problem with a remedy', () => {
  const missing = { [`${HOME}/.docker/config.json`]: '{"currentContext":"gone"}' };
  assert.throws(() => places(from({}, missing)), /context gone has no endpoint/);
  const tls = context('far', 'tcp://far:2376', { 'ca.pem': 'x' });
  assert.throws(() => places(from({}, tls)), /far .*over TLS/);
  const broken = { [`${HOME}/.docker/config.json`]: '{' };
  assert.equal(places(from({}, broken)).length, 4);
});

test('every form of an endpoint', () => {
  const shown = (text: string) => describeEndpoint(parseEndpoint(text, 'DOCKER_HOST'));
  assert.equal(shown('unix:///a/b.sock'), '/a/b.sock');
  assert.equal(shown('tcp://127.0.0.1'), 'tcp://127.0.0.1:2375');
  assert.equal(shown('http://localhost:80'), 'tcp://localhost:80');
  assert.equal(shown('tcp://[::1]:2375'), 'tcp://[::1]:2375');
  assert.equal(shown('127.0.0.1:2375'), 'tcp://127.0.0.1:2375');
  assert.equal(shown('localhost:80'), 'tcp://localhost:80');
  assert.equal(shown(':2375'), 'tcp://127.0.0.1:2375');
  assert.equal(shown('[::1]:2375'), 'tcp://[::1]:2375');
  assert.equal(shown('UNIX:///a'), '/a');
  assert.equal(shown('unix://'), '/var/run/docker.sock');
  for (const bad of [
    'unix://relative',
    'a b:1',
    '127.0.0.1:port',
    'h:1/path',
    'tcp://h/path',
    'npipe:////./pipe/x',
    'fd://',
    'nonsense',
    '',
  ])
    assert.throws(() => parseEndpoint(bad, 'DOCKER_HOST'), EngineProblem, bad);
});

test('TLS, named pipes and relative sockets are refused in words that say what is wrong', () => {
  const refused = (text: string, tls: string | null = null) => {
    try {
      return describeEndpoint(parseEndpoint(text, 'DOCKER_HOST', tls));
    } catch (error) {
      return error instanceof EngineProblem ? `${error.message} | ${error.remedy}` : String(error);
    }
  };
  for (const text of ['tcp://far:2376', 'far:2376', 'https://far:2376']) {
    const said = refused(text, text.startsWith('https') ? null : 'DOCKER_TLS_VERIFY');
    assert.match(
      said,
      /over TLS \((DOCKER_TLS_VERIFY|https)\).* \| .*ssh .* 'far' && waitbus config/,
    );
  }
  assert.match(refused('npipe:////./pipe/docker_engine'), /named pipe is of Windows/);
  assert.match(refused('unix://docker.sock'), /path is absolute: unix:\/\/\//);
  assert.match(refused('fd://'), /engine listens on/);
  assert.match(refused('nonsense'), /speaks to unix:\/\/\/PATH/);
  // A unix socket has no TLS, whatever the variable says.
  assert.equal(refused('unix:///a', 'DOCKER_TLS_VERIFY'), '/a');
});

test('a context that a variable names is not mended by the docker command', () => {
  assert.throws(
    () => places(from({ DOCKER_CONTEXT: 'gone' })),
    (error) => error instanceof EngineProblem && /^waitbus config set/.test(error.remedy),
  );
  const keys = context('far', 'tcp://far:2376', { 'key.pem': 'x' });
  assert.throws(() => places(from({}, keys)), /over TLS \(the context's keys\)/);
});

test('the remedy for a closed system socket is the docker group', () => {
  const error = Object.assign(new Error('connect'), { code: 'EACCES' });
  const problem = problemOf(error, { kind: 'unix', path: '/var/run/docker.sock' }, 'linux');
  assert.match(problem.remedy, /^sudo usermod -aG docker "\$USER"/);
});

test('what is closest to an engine is what is told of several places', () => {
  const at = (path: string, code: string) =>
    problemOf(Object.assign(new Error(), { code }), { kind: 'unix', path }, 'linux');
  const absent = ['/a', '/b'].map((path) => at(path, 'ENOENT'));
  assert.equal(tellingProblem(absent).message, 'no container engine listens at /a, /b');
  assert.equal(tellingProblem([...absent, at('/c', 'EACCES')]).kind, 'denied');
});
