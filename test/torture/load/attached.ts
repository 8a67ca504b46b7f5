/**
 * Clients that are attached with a last will each, many in one process, and note how they fare.
 *
 * stdin: `detach` has all of them leave in order. stdout: `attached N`, `detached N`.
 */
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES } from '@waitbus/kernel/frame';
import { connected, Ledger, onCommand, optionsOf, say } from './program.js';

export interface AttachedOptions {
  readonly socket: string;
  readonly name: string;
  readonly ledger: string;
  readonly copies: number;
}

const options = optionsOf<AttachedOptions>();
const ledger = new Ledger(options.ledger);
const leave: (() => void)[] = [];
const counts = { attached: 0, detached: 0 };

function note(name: string, what: string): void {
  ledger.note(`${name} ${what}`);
  ledger.flush();
}

function heard(name: string, what: 'attached' | 'detached'): void {
  note(name, what);
  counts[what] += 1;
  say(`${what} ${counts[what]}`);
}

for (let copy = 0; copy < options.copies; copy += 1) {
  const name = `${options.name}-${copy}`;
  connected(options.socket, (socket) => {
    const will = { source: 'agent', event_type: 'agent_failed', fields: { will: name } };
    const decoder = new FrameDecoder(MAX_EMIT_BYTES);
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) {
        const { kind } = JSON.parse(body.toString()) as { readonly kind: string };
        if (kind !== 'attached' && kind !== 'detached') throw new Error(body.toString());
        heard(name, kind);
      }
    });
    leave.push(() => {
      note(name, 'detaching');
      socket.write(encodeFrame({ op: 'detach' }));
    });
    socket.write(encodeFrame({ op: 'attach', name, will }));
  });
}

onCommand((word) => {
  if (word === 'detach') for (const one of leave) one();
});
