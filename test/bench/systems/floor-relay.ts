/**
 * The floor: a relay between processes on a unix socket, with no store, no check and no predicate.
 * What it takes is what the machine takes. Program when run with a socket path, else only its terms.
 */
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { encodeText, FrameDecoder } from '@waitbus/kernel/frame';

export const ROLE = { producer: '{"role":"producer"}', subscriber: '{"role":"subscriber"}' };
const ACK = encodeText('{"ok":1}');
export const ACK_BYTES = ACK.length;

function serve(path: string): void {
  const subscribers = new Set<Socket>();
  const server = createServer((socket) => {
    const decoder = new FrameDecoder(65_536);
    let role: string | null = null;
    socket.on('error', () => undefined);
    socket.on('close', () => subscribers.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) {
        if (role !== null) {
          relay(encodeText(body.toString('latin1')), subscribers);
          socket.write(ACK);
          continue;
        }
        role = body.toString();
        if (role === ROLE.subscriber) {
          subscribers.add(socket);
          socket.write(ACK);
        }
      }
    });
  });
  server.listen({ path, backlog: 4096 }, () => process.stdout.write('serving\n'));
}

function relay(frame: Buffer, subscribers: ReadonlySet<Socket>): void {
  for (const subscriber of subscribers) subscriber.write(frame);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv[2] ?? '');
