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

const line = (action: string, more: object = {}) =>
  JSON.stringify({
    Type: 'container',
    Action: action,
    Actor: { ID: 'c1', Attributes: {} },
  }).replace(
    /\}$/,
    `,"timeNano":1795559313194531713,${JSON.stringify(more).slice(1)}`.replace(/,\}$/, '}'),
  );

test('times keep every nanosecond', () => {
  assert.equal(parseEngineEvent(line('die'))?.time, 1795559313194531713n);
});

test('Docker and Podman are understood, and other events are none', () => {
  assert.equal(parseEngineEvent(line('died'))?.action, 'die');
  assert.equal(parseEngineEvent(line('health_status: unhealthy'))?.health, 'unhealthy');
  assert.equal(
    parseEngineEvent(line('health_status', { HealthStatus: 'healthy' }))?.health,
    'healthy',
  );
  for (const other of ['exec_die', 'exec_create: /bin/sh -c exit 1', 'create', 'diet'])
    assert.equal(parseEngineEvent(line(other)), null);
  assert.equal(parseEngineEvent('{"Type":"network","Action":"connect"}'), null);
  assert.equal(parseEngineEvent('{"Type":"container","Action":"die","Actor":{}}'), null);
});

test('what is no JSON object is an error', () => {
  for (const nonsense of ['}{', '"text"', 'null', '4', '{"Type":"container"'])
    assert.throws(() => parseEngineEvent(nonsense), SyntaxError);
});
