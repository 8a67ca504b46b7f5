/**
 * The program that the host starts for every source. Its only channel is the pipe that it was given.
 */
import { Socket } from 'node:net';
import { CHANNEL_FD, FramedChannel } from '../channel/index.js';
import type { HostMessage } from '../messages.js';
import { narrowProcess } from './narrow.js';
import { SourceRunner } from './run-source.js';

/** How long the host may take to read the last messages, in milliseconds. */
const LAST_WORDS_MS = 1000;

narrowProcess();

let receive: (message: HostMessage) => void = () => undefined;
let close: () => void = () => undefined;
const pipe = new FramedChannel(new Socket({ fd: CHANNEL_FD, readable: true, writable: true }), {
  onMessage: (message) => receive(message as unknown as HostMessage),
  // Not the host that started this program.
  onBroken: () => process.exit(1),
  onClose: () => close(),
});
const runner = new SourceRunner(
  {
    send: (message) => pipe.send(message),
    onMessage: (handler) => (receive = handler),
    onClose: (handler) => (close = handler),
  },
  (code) => {
    const leave = () => process.exit(code);
    // `failed` and the last emits are written before the process goes.
    pipe.end(leave);
    setTimeout(leave, LAST_WORDS_MS);
  },
);
process.on('SIGTERM', () => runner.stop());
// The terminal's Ctrl-C reaches the whole process group; stopping is the daemon's decision.
process.on('SIGINT', () => undefined);
process.on('uncaughtException', (error) => runner.fail(error));
process.on('unhandledRejection', (error) => runner.fail(error));
