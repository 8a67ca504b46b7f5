/**
 * A subscriber through the client library's `subscribe()`, which comes back by itself. Notes what
 * the loop got; ends like `subscriber.ts`.
 */
import { subscribe } from 'waitbus';
import { authorOf, Ledger, onCommand, optionsOf, say } from './program.js';
import type { SubscriberOptions } from './subscriber.js';

const { name, ledger: file, match, anyOf } = optionsOf<SubscriberOptions>();
const since = '0'.repeat(26);
const ledger = new Ledger(file);
ledger.note(`${name} wants ${JSON.stringify({ match, any_of: anyOf, since })}`);
let until: string | null = null;
let cursor = '';

function endWhenThere(): void {
  if (until === null || cursor < until) return;
  ledger.note(`${name} done ${until}`);
  ledger.flush();
  say('done 1');
  process.exit(0);
}

onCommand((word, rest) => {
  if (word !== 'until') return;
  until = rest;
  endWhenThere();
});

const events = subscribe({
  match,
  anyOf,
  since,
  onArmed: () => {
    ledger.note(`${name} ack ${since}`);
    say('ready 1');
  },
  onGap: ({ after, floor }) => ledger.note(`${name} gap ${after} ${floor}`),
});
for await (const { event_id: eventId, fields } of events) {
  cursor = eventId;
  ledger.note(`${name} event ${eventId} ${authorOf(fields)}`);
  ledger.flush();
  endWhenThere();
}
