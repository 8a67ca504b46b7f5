/** Attached clients that are killed: each will is published once; who detaches leaves none. */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { WireClient } from '../../support/wire.js';
import { defineAct } from '../act.js';
import type { AttachedOptions } from '../load/attached.js';
import type { Program } from '../program.js';
import type { Stage } from '../stage.js';

interface Size {
  readonly programs: number;
  readonly copies: number;
}

const LONGEST_DETACH_MS = 5;

export const wills = defineAct<Size>({
  name: 'wills',
  does: 'kills attached clients with SIGKILL, some while they detach, under load',
  sizes: { brief: { programs: 4, copies: 50 }, torture: { programs: 24, copies: 100 } },
  run: async (stage, { programs, copies }) => {
    await stage.startDaemon();
    await stage.subscriber('live');
    stage.producer('producer', { window: 8 });
    const heard = await WireClient.open(stage.box.paths.socket);
    await heard.request({ match: ['fields.will^="client"'] });
    const clients = await Promise.all(
      Array.from({ length: programs }, (_, index) => attach(stage, `client-${index}`, copies)),
    );
    let certain = 0;
    for (const [index, client] of clients.entries()) {
      // Killed at once, after all have detached, or in the midst of that, in turn.
      if (index % 3 > 0) client.tell('detach');
      if (index % 3 === 1) await client.says('detached', copies);
      if (index % 3 === 2) await pause(stage.random(LONGEST_DETACH_MS));
      await client.kill();
      for (let copy = 0; copy < copies; copy += 1)
        appendFileSync(stage.ledger(client.name, 'wills'), `${client.name}-${copy} killed\n`);
      if (index % 3 === 0) certain += copies;
    }
    await heard.count('event', certain);
    heard.close();
    assert.deepEqual((await stage.status())['attached'], []);
    const { wills: published, acknowledged } = await stage.finish();
    assert.ok(published >= certain);
    return { clients: programs * copies, 'wills due': certain, published, acknowledged };
  },
});

async function attach(stage: Stage, name: string, copies: number): Promise<Program> {
  const options: AttachedOptions = {
    socket: stage.box.paths.socket,
    name,
    ledger: stage.ledger(name, 'wills'),
    copies,
  };
  const client = stage.program('attached', name, options);
  await client.says('attached', copies);
  return client;
}
