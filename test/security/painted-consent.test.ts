/**
 * A package wants to paint over the question whether it may run: with what its manifest lists, with
 * what a registry answers, with what it says once it runs.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import { PluginBox } from '../plugins/support.js';
import { assertPlain, HOSTILE, linesOf } from './hostile.js';

const SOURCE = {
  entry: './index.js',
  activation: 'on-demand',
  eventTypes: ['tick'],
  fields: { tick: { words: 'string' } },
};

function manifestOf(source: object, engines: object = {}): string {
  return JSON.stringify({
    name: 'waitbus-source-mine',
    version: '1.0.0',
    engines: { waitbus: '^0.1.0', ...engines },
    'waitbus.sources.v1': { mine: { ...SOURCE, ...source } },
  });
}

/** The issue's own, each character that hides or turns, and what passes for our own words. */
const PAINTS = [
  '~\u001b[2A\u001b[0J fsRead: ~/.kube',
  HOSTILE,
  'a\nb',
  'a\rb',
  'a\tb',
  '~/\u202ea',
  '~/\u2066a',
  '~/\u200b',
  '~/\u{e0041}',
  '~/\u3164',
  '~/\u00ad',
  '~/\ufe0f',
  '~/\u0085',
  '~/\u2028',
  '~/\ud800',
  '/а-cyrillic',
  '',
];
const SPOOFS = ['/a, /b', '/a  b', '~/a ', 'git, nativeAddon: no', 'git (declared)'];

const LISTS = ['net', 'fsRead', 'fsWrite', 'childProcess', 'env'] as const;

for (const list of LISTS) {
  test(`${list} takes no word that paints, and none that looks like another`, () => {
    for (const word of [...PAINTS, ...SPOOFS]) {
      const text = manifestOf({ capabilities: { [list]: [word] } });
      assert.throws(
        () => readManifest(text, 'package.json'),
        (error) => error instanceof WaitbusError && !error.message.includes('\u001b'),
        `${list}: ${JSON.stringify(word)}`,
      );
    }
  });
}

test('no other text of a manifest takes one', () => {
  for (const word of PAINTS) {
    for (const [source, engines] of [
      [{ entry: `./${word}` }],
      [{ eventTypes: [word] }],
      [{ fields: { tick: { [word]: 'string' } } }],
      [{ fields: { tick: { words: [`x${word}\u0007`] } } }],
      [{ turnOn: word }],
      [{ verdicts: [word] }],
      [{ scope: word }],
      [{ secrets: [word] }],
      [{ shellEnv: { [word]: { value: 'x' } } }],
      [{ shellEnv: { PLAIN: { append: word } } }],
      [{ shellEnv: { PLAIN: { value: `x${word}\u0007` } } }],
      [{}, { node: `>=20 ${word}\u0007` }],
      [{}, { waitbus: `^0.1.0${word}\n` }],
    ] as const) {
      // Plain letters are no attack on what takes any printable ASCII.
      const text = manifestOf(source, engines);
      assert.throws(() => readManifest(text, 'package.json'), WaitbusError, text);
    }
  }
});

test('what is legal stays so', () => {
  const capabilities = {
    net: ['*', '127.0.0.1', '[::1]:8080', 'api.example.com', '*.example.com', 'localhost:9000'],
    fsRead: ['*', '/etc/ssl', '~/.kube', '~/Library/Application Support/x', '/a_b-c.d@e+f=g'],
    fsWrite: ['~/.cache/mine'],
    childProcess: ['*', 'gh', 'g++', 'python3.12', '/usr/bin/git', '~/bin/x'],
    env: ['A', '_B1'],
  };
  const { sources } = readManifest(manifestOf({ capabilities }), 'package.json');
  assert.deepEqual(sources['mine']?.capabilities, { ...capabilities, nativeAddon: false });
});

test('the command that would ask says why not, in plain lines, and asks nothing', async () => {
  await using box = new PluginBox();
  const capabilities = { childProcess: [PAINTS[0]], fsRead: [HOSTILE] };
  const ended = await box.plugin('add', await box.tarball({ capabilities }));
  assert.notEqual(ended.code, 0);
  assertPlain(ended);
  assert.match(ended.stderr, /childProcess\.0: must be \*, the name of a program/);
  assert.equal(existsSync(box.lockfile), false);
});

test('what a registry answers is said in plain lines', { timeout: 120_000 }, async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(404, { 'content-type': 'application/json', 'npm-notice': 'x' });
    response.end(JSON.stringify({ error: HOSTILE, reason: HOSTILE }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using box = new PluginBox({
    npm_config_offline: 'false',
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: '0',
  });
  const ended = await box.plugin('add', 'waitbus-source-nothing', '--yes');
  server.close();
  assert.notEqual(ended.code, 0);
  assertPlain(ended);
  assert.ok(linesOf(ended.stderr).length <= 3, ended.stderr);
});
