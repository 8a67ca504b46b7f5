/** What comes through a source's channel is a message or is not; nothing makes the check throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isChildMessage } from '../src/host/child-message.js';

test('property: no value that is no message is taken for one, and asking never throws', () => {
  const types = ['hello', 'done', 'ready', 'roots_ready', 'describe', 'emit', 'log', 'failed'];
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.object({
        key: fc.constantFrom(
          'id',
          'event',
          'step',
          'level',
          'message',
          'detail',
          'details',
          'remedy',
          'version',
          'generation',
        ),
      }),
      (type, rest) => {
        const message = { ...rest, type };
        if (!isChildMessage(message)) return;
        if (message.type === 'describe') assert.equal(typeof message.detail, 'string');
        if (message.type === 'emit') assert.equal(typeof message.event, 'object');
        if (message.type === 'log')
          assert.ok(['debug', 'info', 'warn', 'error'].includes(message.level));
      },
    ),
  );
  fc.assert(fc.property(fc.anything(), (value) => void isChildMessage(value)));
});
