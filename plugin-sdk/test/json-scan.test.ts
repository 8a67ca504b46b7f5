/** A scan says of a text what a parser would, without building a value, wherever it is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonText } from '@waitbus/plugin-sdk/envelope';
import {
  JsonScan,
  MAX_BUILT_VALUES,
  MAX_JSON_DEPTH,
  parseJson,
  parseScanned,
  type PartPath,
} from '@waitbus/plugin-sdk/envelope';
import { check } from '../../test/support/property.js';

const PATH: PartPath = ['events', null, 'payload'];

/** Scans a text that comes in pieces of so many bytes, and parses it. */
function read(text: string, pieceBytes = 7, path = PATH): Record<string, unknown> {
  const body = Buffer.from(text);
  const scan = new JsonScan(path);
  for (let end = pieceBytes; end < body.length; end += pieceBytes) scan.advance(body, end);
  scan.advance(body, body.length);
  return parseScanned(body, scan, path);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isTaken(text: string): boolean {
  try {
    read(`{"events":[{"payload":${text}}]}`, 3);
    return true;
  } catch {
    return false;
  }
}

test('a part is taken exactly when JSON.parse takes it', (t) => {
  const token = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', '"', '"a"', '"\\u00e9"', '"\\x"', '"\\u12"', ' ', '\n', '\0'],
    ...['0', '-', '-0', '01', '1.', '1.5', '.5', '1e5', '1e', '1E+5', '1e-', '+1', '--1', 'e'],
    ...['true', 'false', 'null', 'nul', 'tru', 'é', '\u2028', '"\u0001"', '"\\\\"', '"\\"'],
  );
  const tokens = fc.property(fc.array(token, { maxLength: 9 }), (tokens) => {
    const text = tokens.join('');
    // What closes the event around it would be read as more than the part.
    if (isJson(`[${text}]`) !== isJson(text)) return;
    assert.equal(isTaken(text), isJson(text), text);
  });
  const whole = fc.property(fc.json(), (text) => {
    assert.ok(isTaken(text), text);
    const cut = text.slice(0, -1);
    if (!isJson(`[${cut}]`)) assert.equal(isTaken(cut), false, cut);
  });
  check(t, tokens, { numRuns: 3000 });
  check(t, whole, { numRuns: 300 });
});

test('the parts are the bytes that came, and the rest is as a parser reads it', (t) => {
  const property = fc.property(
    fc.array(fc.tuple(fc.json(), fc.jsonValue())),
    fc.integer({ min: 1, max: 50 }),
    (events, cut) => {
      const texts = events.map(
        ([payload, fields]) => `{"fields":${JSON.stringify(fields)}, "payload" : ${payload} }`,
      );
      const { events: got, payload } = read(
        `{"payload":[1],"events":[${texts.join(',')}]}`,
        cut,
      ) as {
        events: { fields: unknown; payload: JsonText }[];
        payload: unknown;
      };
      assert.deepEqual(payload, [1]);
      assert.deepEqual(
        got.map((event) => [event.payload.bytes.toString(), event.fields]),
        events.map(([text, fields]) => [text, parseJson(JSON.stringify(fields))]),
      );
    },
  );
  check(t, property, { numRuns: 200 });
});

test('of two payloads of one event the last counts, as with a parser', () => {
  const { events } = read('{"events":[{"payload":1,"payload":2}]}') as {
    events: { payload: JsonText }[];
  };
  assert.equal(events[0]?.payload.bytes.toString(), '2');
});

test('what looks like the mark of a part is the text that it is', () => {
  const text =
    '{"events":[{"payload":"x","fields":{"a":"\\u0001part 0"}},{"\\u0070ayload":"\\u0001part 7"}]}';
  const { events } = read(text) as { events: { fields: unknown; payload: unknown }[] };
  assert.deepEqual(events[0]?.fields, { a: '\u0001part 0' });
  assert.equal(events[1]?.payload, '\u0001part 7');
});

test('the size of a part is that of its plain form', () => {
  const sizeOf = (payload: string) => {
    const { events } = read(`{"events":[{"payload":${payload}}]}`) as {
      events: { payload: JsonText }[];
    };
    return events[0]?.payload.plainBytes;
  };
  for (const text of [
    '"\\u00e9\\u0416\\u20ac\\u0041\\/"',
    '[ 1 , { "a" : [ ] } ]',
    '"\\ud83d\\ude00"',
  ])
    assert.equal(sizeOf(text), Buffer.byteLength(JSON.stringify(JSON.parse(text))), text);
});

test('what is nested too deep is refused at the byte where it is', () => {
  const scan = new JsonScan(PATH);
  const body = Buffer.from(`{"events":${'['.repeat(MAX_JSON_DEPTH)}`);
  scan.advance(body, body.length);
  assert.throws(() => scan.finish(), /nested deeper than 4096 levels at byte 4105/);
});

test('values outside of parts are counted, those inside are not', () => {
  const many = `[${'{},'.repeat(MAX_BUILT_VALUES)}{}]`;
  assert.throws(() => read(`{"events":[{"fields":{"a":${many}}}]}`, 65_536), /over 300000 values/);
  assert.ok(read(`{"events":[{"payload":${many}}]}`, 65_536));
});

test('a part that is not UTF-8 is refused', () => {
  const body = Buffer.from([
    ...Buffer.from('{"events":[{"payload":"'),
    0xff,
    ...Buffer.from('"}]}'),
  ]);
  const scan = new JsonScan(PATH);
  scan.advance(body, body.length);
  assert.throws(() => parseScanned(body, scan, PATH), /not UTF-8/);
});
