/** What a source tries in its own process, past Node's permission model: by its runner and by flags. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { HASTY, Stage } from '../host/broken-sources.js';
import { Place } from '../support/kernel.js';

let got: Readonly<Record<string, unknown>> = {};

before(async () => {
  using place = new Place();
  writeFileSync(place.path('events.db'), 'the store');
  const patience = { ...HASTY, backoff: () => null };
  await using stage = new Stage('attacks', patience, { HOME: place.directory });
  stage.supervisor.want([]);
  await stage.until(
    () => stage.events.length === 1 || stage.supervisor.condition.state === 'failed',
  );
  got = stage.events[0]?.fields ?? { failed: stage.supervisor.condition.detail };
});

/** What it tried, under the promise that it breaks. */
const PROMISES = {
  'a source signals its daemon, its group or everybody: refused': [
    'signalParent',
    'signalGroup',
    'signalAll',
    'signalAsText',
    'rawSignal',
  ],
  'a source opens an inspector, the daemon’s or its own: refused': [
    'startInspectorOfParent',
    'endInspector',
    'openInspector',
    'inspectItself',
  ],
  'a source slows the daemon down by its priority: refused': ['priorityOfParent', 'priorityByName'],
  'a source sets flags of V8, by whatever name it reaches them: refused': [
    'flags',
    'flagsByName',
    'flagsByRequire',
    'flagsByBuiltin',
    'flagsInContext',
    'heapLimit',
  ],
  'a source reaches behind Node’s modules: refused': ['binding', 'linkedBinding'],
  'a source starts threads, or reads the store: refused': ['threads', 'readStore'],
} as const;

for (const [promise, names] of Object.entries(PROMISES)) {
  test(promise, () => {
    const expected = names.map((name) => [name, 'ERR_ACCESS_DENIED']);
    assert.deepEqual(Object.fromEntries(names.map((name) => [name, got[name]])), {
      ...Object.fromEntries(expected),
    });
  });
}

test('a source puts back what its runner took away: it cannot', () => {
  assert.match(String(got['flagsPutBack']), /^Cannot delete property/);
});

test('a source writes a report, now or at a signal: there is none to write', () => {
  assert.match(String(got['report']), /is not a function/);
  assert.match(String(got['reportOnSignal']), /not extensible/);
});

test('a source opens the store through node:sqlite: there is no such module', () => {
  assert.match(String(got['sqlite']), /^(ERR_UNKNOWN_BUILTIN_MODULE|MODULE_NOT_FOUND)$/);
});

test('a source gets at files through WASI, native code or another image: refused', () => {
  const { addon, execve, wasi } = got;
  assert.equal(addon, 'ERR_DLOPEN_DISABLED');
  assert.equal(execve, 'ERR_ACCESS_DENIED');
  assert.equal(wasi, 'ERR_ACCESS_DENIED');
});

test('a source makes a link out of its own directory: refused', () => {
  assert.match(String(got['link']), /^ERR_ACCESS_DENIED$/);
});

test('what is its own process is left to it', () => {
  assert.equal(got['own'], true);
});
