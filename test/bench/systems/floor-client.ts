/** The client of the floor: the same framing, an event's text as it is. */
import { connect } from 'node:net';
import { encodeText, FrameDecoder } from '@waitbus/kernel/frame';
import { connected, type Client } from './client.js';
import { ACK, ROLE } from './floor.js';

const MAX_BYTES = 65_536;

export const floorClient: Client = {
  async produce({ address, onAcknowledged }) {
    const socket = connect(address);
    // The first answer is to the role.
    let bytes = -ACK.length;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const acknowledged = Math.trunc(bytes / ACK.length);
      bytes -= acknowledged * ACK.length;
      if (acknowledged > 0) onAcknowledged(acknowledged);
    });
    await connected(socket);
    socket.write(encodeText(ROLE.producer));
    return {
      send: (events) => {
        socket.cork();
        for (const event of events) socket.write(encodeText(event));
        socket.uncork();
      },
      close: () => socket.destroy(),
    };
  },

  async subscribe({ address, onEvent }) {
    const socket = connect(address);
    const decoder = new FrameDecoder(MAX_BYTES);
    let resolveArmed: () => void = () => undefined;
    const armed = new Promise<void>((resolve) => (resolveArmed = resolve));
    let isArmed = false;
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) {
        if (isArmed) onEvent(body);
        isArmed = true;
      }
      resolveArmed();
    });
    await connected(socket);
    socket.write(encodeText(ROLE.subscriber));
    await armed;
    return { close: () => socket.destroy() };
  },
};
