/** waitbus as its wire protocol has it: raw frames, nothing parsed but what is counted. */
import { connect } from 'node:net';
import { encodeFrame, encodeText, FrameDecoder } from '@waitbus/kernel/frame';
import { connected, type Client } from './client.js';

const MAX_BYTES = 16 * 1024 * 1024;
const ACK = Buffer.from('{"kind":"emit_ack"');
const SUBSCRIBED = Buffer.from('{"kind":"subscribe_ack"');
const EVENT = Buffer.from('{"kind":"event"');
/** Before the first event_id. */
const START = '0'.repeat(26);

export const waitbusClient: Client = {
  async produce({ address, perRequest, onAcknowledged }) {
    const socket = connect(address);
    const decoder = new FrameDecoder(MAX_BYTES);
    socket.on('data', (chunk: Buffer) => {
      let requests = 0;
      for (const body of decoder.push(chunk)) {
        if (!startsWith(body, ACK)) throw new Error(`refused: ${body.toString()}`);
        requests += 1;
      }
      if (requests > 0) onAcknowledged(requests * perRequest);
    });
    await connected(socket);
    let id = 0;
    return {
      send: (events) => {
        socket.cork();
        for (let first = 0; first < events.length; first += perRequest) {
          id += 1;
          const list = perRequest === 1 ? events[first] : events.slice(first, first + perRequest);
          socket.write(encodeText(`{"op":"emit","id":${id},"events":[${String(list)}]}`));
        }
        socket.uncork();
      },
      close: () => socket.destroy(),
    };
  },

  async subscribe({ address, from, match, onEvent }) {
    const socket = connect(address);
    const decoder = new FrameDecoder(MAX_BYTES);
    const armed = new Promise<void>((resolve, reject) => {
      socket.on('data', (chunk: Buffer) => {
        for (const body of decoder.push(chunk)) {
          if (startsWith(body, EVENT)) onEvent(body);
          else if (startsWith(body, SUBSCRIBED)) resolve();
          else reject(new Error(`unexpected frame: ${body.toString()}`));
        }
      });
    });
    await connected(socket);
    socket.write(
      encodeFrame({
        errors: true,
        ...(from === 'now' ? {} : { since: from === 'start' ? START : from }),
        ...(match.length > 0 ? { match } : {}),
      }),
    );
    await armed;
    return { close: () => socket.destroy() };
  },
};

function startsWith(body: Buffer, prefix: Buffer): boolean {
  return body.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
