/** Lines out of bytes, however they are cut; and what the lines of an engine say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEngineEvent } from '../src/engine-event.js';
import { LineSplitter } from '../src/lines.js';

const never = () => assert.fail('no line is too long');

test('lines come out whole, wherever the bytes are cut', () => {
  const line = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .map((text) => `x${text.replace(/\s/g, '')}`);
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      const splitter = new LineSplitter(10_000, never);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      places.sort((a, b) => a - b);
      const out = places
        .slice(1)
        .flatMap((to, at) => splitter.push(bytes.subarray(places[at], to)));
      assert.deepEqual(out, lines);
    }),
  );
});

test('a line over the limit is left out, and the next one comes', () => {
  let dropped = 0;
  const splitter = new LineSplitter(8, () => (dropped += 1));
  const out = ['12345678\n', '123456', '789', 'x'.repeat(100), 'y\nshort\r\n', '\n\nlast'].flatMap(
    (text) => splitter.push(Buffer.from(text)),
  );
  assert.deepEqual(out, ['12345678', 'short']);
  assert.equal(dropped, 1);
  assert.deepEqual(splitter.push(Buffer.from('\n')), ['last']);
});

const line = (action: string, more: object = {}, attributes: object = {}) =>
  JSON.stringify({
    Type: 'container',
    Action: action,
    Actor: { ID: 'c1', Attributes: attributes },
  }).replace(
    /\}$/,
    `,"timeNano":1795559313194531713,${JSON.stringify(more).slice(1)}`.replace(/,\}$/, '}'),
  );

const docker = (text: string) => parseEngineEvent(text, false);
const podman = (text: string) => parseEngineEvent(text, true);

test('times keep every nanosecond', () => {
  assert.equal(docker(line('die'))?.time, 1795559313194531713n);
});

test('Docker and Podman are understood, and other events are none', () => {
  assert.equal(podman(line('died'))?.action, 'die');
  assert.equal(docker(line('health_status: unhealthy'))?.health, 'unhealthy');
  assert.equal(podman(line('health_status', { HealthStatus: 'healthy' }))?.health, 'healthy');
  for (const other of ['exec_die', 'exec_create: /bin/sh -c exit 1', 'init', 'diet'])
    for (const read of [docker, podman]) assert.equal(read(line(other)), null);
  assert.equal(podman(line('cleanup'))?.action, 'cleanup');
  assert.equal(docker(line('cleanup')), null);
  assert.equal(docker('{"Type":"network","Action":"connect"}'), null);
  assert.equal(docker('{"Type":"container","Action":"die","Actor":{}}'), null);
});

test("a label of Podman's containers is no exit code, no signal and no health", () => {
  const labels = { exitCode: '0', signal: '9', health_status: 'unhealthy' };
  const died = podman(line('died', {}, { ...labels, containerExitCode: '3' }));
  assert.equal(died?.exitCode, 3);
  assert.equal(podman(line('kill', {}, labels))?.signal, null);
  const { health } = podman(line('health_status', { HealthStatus: 'healthy' }, labels)) ?? {};
  assert.equal(health, 'healthy');
});

test('what is no JSON object is an error', () => {
  for (const nonsense of ['}{', '"text"', 'null', '4', '{"Type":"container"'])
    assert.throws(() => parseEngineEvent(nonsense, false), SyntaxError);
});
