/** What a wait is told while it is armed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Waiter } from '@waitbus/plugin-sdk';
import type { Endpoint } from '../src/endpoint.js';
import { checkWait, type Answer } from '../src/wait-check.js';

const OURS: Endpoint = { kind: 'unix', path: '/own.sock' };

async function said(
  asking: Partial<Pick<Waiter, 'anyOf' | 'env'>>,
  answers: Readonly<Record<string, Answer>> = {},
) {
  const container = { id: 'c1', names: ['web'], image: 'shop/web:2', labels: {}, isRunning: true };
  const notes = await checkWait(
    { anyOf: [[]], env: null, ...asking },
    {
      ours: OURS,
      surroundings: { env: {}, home: '/srv', uid: 7, platform: 'linux', readText: () => null },
      real: (path) => path,
      probe: async (place) => {
        await Promise.resolve();
        return answers[place.kind === 'unix' ? place.path : place.host] ?? 'absent';
      },
      containers: () => Promise.resolve([container]),
    },
  );
  return notes.map(({ code, level, detail }) => `${code} ${level}: ${detail}`);
}

const is = (key: string, value: string) => ({ key: `fields.${key}`, op: '=', value }) as const;

test("a shell's own engine is said, unless it is the same one by another way", async () => {
  const env = { DOCKER_HOST: 'tcp://far:1' };
  assert.match(String(await said({ env })), /^other_engine warning: this shell's engine is tcp:/);
  assert.deepEqual(await said({ env }, { far: 'same' }), []);
  assert.deepEqual(await said({ env: { DOCKER_HOST: 'unix:///own.sock' } }), []);
  assert.deepEqual(await said({ env: null }), []);
});

test('a shell that names no engine has the one that answers, or none', async () => {
  assert.deepEqual(await said({ env: {} }), []);
  assert.equal((await said({ env: {} }, { '/var/run/docker.sock': 'other' })).length, 1);
});

test('a container that is not there yet is said, and an image by another tag', async () => {
  assert.deepEqual(await said({ anyOf: [[is('container', 'web')]] }), []);
  assert.deepEqual(await said({ anyOf: [[is('container', 'wbe')]] }), [
    'no_container warning: no container is named wbe yet, at the engine at /own.sock',
  ]);
  // Several are alternatives.
  assert.deepEqual(await said({ anyOf: [[is('container', 'wbe'), is('container', 'web')]] }), []);
  assert.deepEqual(await said({ anyOf: [[is('image', 'web')]] }), [
    'image_name warning: the image web is told as it was named: containers have shop/web:2',
  ]);
  assert.deepEqual(await said({ anyOf: [[is('image', 'shop/web:2')]] }), []);
  assert.deepEqual(await said({ anyOf: [[is('image', 'other')]] }), []);
});
