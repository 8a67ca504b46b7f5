/**
 * The floor: a relay between processes on a unix socket, with no store, no check and no predicate.
 * What it takes is what the machine takes. Run with the path of the socket.
 */
import { createServer, type Socket } from 'node:net';
import { encodeText, FrameDecoder } from '@waitbus/kernel/frame';
import { ACK, ROLE } from '../systems/floor.js';

const subscribers = new Set<Socket>();

createServer((socket) => {
  const decoder = new FrameDecoder(65_536);
  let isProducer = false;
  socket.on('error', () => undefined);
  socket.on('close', () => subscribers.delete(socket));
  socket.on('data', (chunk: Buffer) => {
    const frames: Buffer[] = [];
    const answers: Buffer[] = [];
    for (const body of decoder.push(chunk)) {
      if (isProducer) frames.push(encodeText(body.toString('latin1')));
      else if (body.toString() === ROLE.producer) isProducer = true;
      else subscribers.add(socket);
      answers.push(ACK);
    }
    relay(frames);
    socket.write(Buffer.concat(answers));
  });
}).listen({ path: process.argv[2], backlog: 4096 }, () => process.stdout.write('serving\n'));

/** What came in one piece goes out in one piece. */
function relay(frames: readonly Buffer[]): void {
  if (frames.length === 0) return;
  const bytes = Buffer.concat(frames);
  for (const subscriber of subscribers) subscriber.write(bytes);
}
