/**
 * The socket side as a whole: listens, gives each connection a session, dispatches its requests,
 * and ends what a session had going when its connection ends.
 */
import type { Socket } from 'node:net';
import { WaitbusError, type CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { Peer } from '../os/peer.js';
import { attach, detach } from './commands/attach.js';
import type { Command, CommandContext } from './commands/context.js';
import { emit } from './commands/emit.js';
import { get } from './commands/get.js';
import { hold, holds, release } from './commands/hold.js';
import { status } from './commands/status.js';
import { subscribe } from './commands/subscribe.js';
import * as watching from './commands/watch.js';
import { Connection, type ConnectionHandlers, type Request } from './connection.js';
import { MAX_UNFINISHED_BYTES, UNFINISHED_GRACE_MS } from './frame.js';
import { FrameRoom } from './frame-room.js';
import { listen, type Listening } from './listen.js';
import { RefusedPeers } from './refused-peers.js';
import { Session } from './session.js';

export interface SocketServerOptions {
  readonly path: string;
  readonly uid: number;
  readonly isBarred: (pid: number) => boolean;
  readonly context: CommandContext;
  readonly publishWill: (will: CheckedEvent, name: string) => void;
  readonly log: {
    warn(details: object, message: string): void;
    debug(details: object, message: string): void;
  };
}

export class SocketServer {
  readonly #options: SocketServerOptions;
  readonly #commands = new Map<unknown, Command>([
    [undefined, subscribe],
    ['subscribe', subscribe],
    ['emit', emit],
    ['get', get],
    ['status', status],
    ['attach', attach],
    ['detach', detach],
    ['hold', hold],
    ['release', release],
    ['holds', holds],
    ...Object.entries(watching),
  ]);
  readonly #sessions = new Map<Connection, Session>();
  readonly #room = new FrameRoom({
    maxBytes: MAX_UNFINISHED_BYTES,
    graceMs: UNFINISHED_GRACE_MS,
    clock: () => performance.now(),
    after: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds).unref();
      return () => clearTimeout(timer);
    },
  });
  #listening: Listening | null = null;
  /** Whether the last connection was refused for want of descriptors. */
  #scarce = false;

  constructor(options: SocketServerOptions) {
    this.#options = options;
  }

  /** Adds a request of the wire. */
  handle(op: string, command: Command): void {
    this.#commands.set(op, command);
  }

  async listen(): Promise<void> {
    const { path, uid, isBarred, log } = this.#options;
    const refused = new RefusedPeers(uid, log);
    this.#listening = await listen({
      path,
      uid,
      isBarred,
      onConnection: (socket, peer, scarce) => {
        const connection = this.#accept(socket, peer);
        if (scarce) connection.fail(new WaitbusError('WAITBUS_TOO_MANY_CLIENTS'));
        if (scarce && !this.#scarce)
          log.warn({}, 'open files run out: new connections are refused');
        this.#scarce = scarce;
      },
      onRefusedPeer: (peer) => refused.refused(peer),
      onError: (error) => log.warn({ err: error }, 'the listening socket reported an error'),
    });
  }

  /** Who is attached under which name, since when in milliseconds since the epoch. */
  present(): { name: string; since: number }[] {
    return [...this.#sessions.values()].flatMap(({ attachment }) =>
      attachment === null ? [] : [{ name: attachment.name, since: attachment.since }],
    );
  }

  /** Stops listening and ends every connection; no will is published for an end of ours. */
  close(): void {
    this.#listening?.close();
    for (const session of this.#sessions.values()) {
      session.attachment = null;
      session.connection.end();
    }
  }

  #accept(socket: Socket, { pid }: Peer): Connection {
    const connection = new Connection(socket, this.#room, this.#handlers);
    this.#sessions.set(connection, new Session(connection, pid));
    return connection;
  }

  readonly #handlers: ConnectionHandlers = {
    onRequest: (connection, request) => this.#dispatch(connection, request),
    onDrain: (connection) => {
      const { subscription } = this.#session(connection);
      if (subscription !== null) this.#options.context.hub.drained(subscription);
    },
    onClose: (connection) => this.#release(connection),
    onViolation: (_connection, error) =>
      this.#options.log.debug({ code: error.code, reason: error.message }, 'closed a connection'),
  };

  #dispatch(connection: Connection, request: Request): void {
    const command = this.#commands.get(request['op']);
    if (command === undefined) {
      throw new WaitbusError('WAITBUS_BAD_REQUEST', `unknown op ${JSON.stringify(request['op'])}`);
    }
    command(this.#options.context, this.#session(connection), request);
  }

  #session(connection: Connection): Session {
    const session = this.#sessions.get(connection);
    if (session === undefined)
      throw new WaitbusError('WAITBUS_INTERNAL', 'a connection has no session');
    return session;
  }

  #release(connection: Connection): void {
    const session = this.#sessions.get(connection);
    this.#sessions.delete(connection);
    if (session === undefined) return;
    if (session.subscription !== null) this.#options.context.hub.unsubscribe(session.subscription);
    session.interest?.release();
    this.#options.context.holds.left(connection);
    this.#options.context.watches.left(connection);
    const { attachment } = session;
    if (attachment === null || attachment.will === null) return;
    this.#options.publishWill(attachment.will, attachment.name);
  }
}
