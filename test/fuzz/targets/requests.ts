/** A kernel on a real socket: whatever is sent, the connection ends and a healthy client is served on. */
import assert from 'node:assert/strict';
import { KernelBox } from '../../support/kernel.js';
import { talk } from '../../support/raw.js';
import type { Frame, WireClient } from '../../support/wire.js';
import { requestFrame } from '../requests.js';
import type { Target } from '../target.js';

/** How many frames a connection sends. */
const FRAMES = 10;

export function requests(): Target {
  let box: KernelBox | null = null;
  let healthy: WireClient | null = null;
  let marker = 0;
  return {
    name: 'requests',
    make: (random) => Buffer.concat(Array.from({ length: FRAMES }, () => requestFrame(random))),
    check: async (input) => {
      box ??= await KernelBox.start();
      healthy ??= await box.subscribe({ match: ['fields.marker>=0'] });
      await talk(box.paths.socket, input);
      marker += 1;
      await box.kernel.publish([
        { source: 'agent', event_type: 'agent_note', fields: { marker, pad: 'healthy' } },
      ]);
      for (;;) {
        const frame: Frame = await healthy.next();
        assert.match(String(frame['kind']), /^(event|truncated|daemon_heartbeat)$/);
        // An input may happen to be an event with a marker of its own.
        const { pad, marker: seen } = (frame['fields'] ?? {}) as {
          pad?: unknown;
          marker?: unknown;
        };
        if (pad === 'healthy' && seen === marker) break;
      }
      const asking = await box.connect();
      const status = await asking.request({ op: 'status' });
      assert.equal(status['subscribers'], 1, 'a subscription outlived its connection');
      asking.close();
    },
    close: () => box?.[Symbol.dispose](),
  };
}
