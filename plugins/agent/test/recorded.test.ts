/** What real harnesses wrote into their hooks in a whole session, as recorded: it begins, works, ends. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkEnvelope, type Envelope } from '@waitbus/plugin-sdk/envelope';
import { harnessOf } from '../src/harness/index.js';

const SAMPLES = fileURLToPath(new URL('../../../test/harnesses/samples/', import.meta.url));
const recorded = existsSync(SAMPLES)
  ? readdirSync(SAMPLES).filter((name) => existsSync(`${SAMPLES}${name}/hooks.jsonl`))
  : [];

test('there are recorded sessions', { skip: recorded.length === 0 && 'none is recorded' }, () => {
  assert.ok(recorded.length > 0);
});

for (const name of recorded) {
  test(`a recorded session of ${name} is heard from its start to its end, each event once`, () => {
    const harness = harnessOf(name);
    assert.ok(harness);
    const lines = readFileSync(`${SAMPLES}${name}/hooks.jsonl`, 'utf8').trim().split('\n');
    const events: Envelope[] = lines.flatMap((line) => {
      const { args, stdin } = JSON.parse(line) as { args: string[]; stdin: string };
      const body = JSON.parse(stdin) as Record<string, unknown>;
      return harness.report({ args, body, env: {}, cwd: '/home/me/work' })?.events ?? [];
    });
    for (const event of events) checkEnvelope(event);
    const told = events.map(({ event_type: type, fields }) => `${type} ${scopeOf(fields)}`);
    assert.equal(told[0], 'agent_started session');
    assert.ok(told.includes('agent_finished turn'), told.join());
    assert.ok(told.includes('agent_finished session'), told.join());
    assert.equal(new Set(events.map(({ fields }) => fields?.['msg_from'])).size, 1);
    const keys = events.flatMap(({ delivery_id: key }) => key ?? []);
    assert.equal(new Set(keys).size, keys.length, keys.join());
  });
}

function scopeOf(fields: Envelope['fields']): string {
  const scope = fields?.['scope'];
  return typeof scope === 'string' ? scope : '';
}
