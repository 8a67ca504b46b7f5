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
    for (const body of decoder.push(chunk)) {
      if (isProducer) relay(encodeText(body.toString('latin1')));
      else if (body.toString() === ROLE.producer) isProducer = true;
      else subscribers.add(socket);
      socket.write(ACK);
    }
  });
}).listen({ path: process.argv[2], backlog: 4096 }, () => process.stdout.write('serving\n'));

function relay(frame: Buffer): void {
  for (const subscriber of subscribers) subscriber.write(frame);
}
