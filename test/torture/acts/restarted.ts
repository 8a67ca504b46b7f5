/** Orderly restarts under subscribers that resume: bare ones, the client library's, and `wait`. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { defineAct } from '../act.js';
import { authorOf, type Author } from '../load/program.js';
import type { Stage } from '../stage.js';

interface Size {
  readonly restarts: number;
  /** How many events the `wait` command waits for; it lives through several restarts. */
  readonly waitFor: number;
}

const MOST_EVENTS_BETWEEN = 500;
const WAITED_FOR = 'fields.bucket<50';

export const restarted = defineAct<Size>({
  name: 'restarted',
  does: 'stops the daemon in order (`waitbus stop` or SIGTERM) under connected subscribers, and starts it again',
  sizes: { brief: { restarts: 4, waitFor: 1000 }, torture: { restarts: 40, waitFor: 10_000 } },
  run: async (stage, { restarts, waitFor }) => {
    await stage.startDaemon();
    await stage.subscriber('live');
    await stage.subscriber('slow', { since: FIRST_ULID, restMs: 3 });
    await stage.librarySubscriber('library');
    const wait = stage.box.waitbus([
      ...['wait', '--match', WAITED_FOR, '--since', 'start', '--timeout', '10m'],
      ...['--count', String(waitFor), '--json'],
    ]);
    await wait.says(/waiting for/);
    const producer = stage.producer('producer', { window: 4 });
    await producer.says('acked');
    let byCommand = 0;
    for (let restart = 0; restart < restarts; restart += 1) {
      await producer.says('acked', producer.said('acked') + 1 + stage.random(MOST_EVENTS_BETWEEN));
      const before = stage.daemon;
      if (stage.random(2) === 0) {
        byCommand += 1;
        assert.equal((await stage.box.run(['stop'])).code, 0);
      } else {
        before.child.kill('SIGTERM');
        assert.equal((await before.ended).code, 0, 'SIGTERM is an orderly end');
      }
      await stage.startDaemon();
      assert.equal((await before.ended).code, 0);
    }
    const { code, stdout, stderr } = await wait.ended;
    assert.equal(code, 0, stderr);
    noteWait(stage, stdout);
    const { acknowledged, seen } = await stage.finish();
    return { restarts, 'by `waitbus stop`': byCommand, waited: waitFor, acknowledged, seen };
  },
});

/** What the command printed, as the ledger of a subscriber. */
function noteWait(stage: Stage, stdout: string): void {
  const frames = stdout.trim().split('\n').map(parse);
  const wants = { any_of: [[WAITED_FOR]], since: FIRST_ULID };
  const lines = [
    `wants ${JSON.stringify(wants)}`,
    `ack ${FIRST_ULID}`,
    ...frames.map(({ event_id: id, fields }) => `event ${id} ${authorOf(fields)}`),
    `done ${frames.at(-1)?.event_id}`,
  ];
  writeFileSync(stage.ledger('wait', 'subscriber'), lines.map((line) => `wait ${line}\n`).join(''));
}

function parse(line: string): { readonly event_id: string; readonly fields: Author } {
  return JSON.parse(line) as { readonly event_id: string; readonly fields: Author };
}
