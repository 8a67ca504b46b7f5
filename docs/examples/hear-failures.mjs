/**
 * Prints every failure on this machine as it happens: a test, a file watcher's, an agent's.
 * Stops after the number of failures given, or on Ctrl-C.
 *
 *   node docs/examples/hear-failures.mjs [how-many]
 */
import { subscribe } from 'waitbus';

const howMany = Number(process.argv[2] ?? Infinity);
let heard = 0;

const failures = subscribe({
  match: ['fields.conclusion="failure"'],
  onArmed: () => console.error('listening'),
});
for await (const event of failures) {
  const at = new Date(Number(event.received_at / 1_000_000n)).toISOString();
  console.log(`${at} ${event.fields.source} ${event.event_type}: ${event.summary}`);
  heard += 1;
  if (heard >= howMany) break;
}
