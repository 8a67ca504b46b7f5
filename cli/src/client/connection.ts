/**
 * One connection to the daemon, for requests and their answers. Owns the socket and the matching of
 * answers by id; a subscription has a connection of its own (`stream.ts`).
 */
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES, parseFrame } from '@waitbus/kernel/frame';
import { checkSocket, ownUid } from '@waitbus/kernel/own-places';
import { ERRORS, parseFrameText, WaitbusError, type ErrorCode } from '@waitbus/plugin-sdk/envelope';

export type Frame = Readonly<Record<string, unknown>>;

/**
 * Opens the socket of a daemon of the same user: the directory and the socket are judged before, and
 * who listens after, since something else may have been put there in between.
 * @throws the operating system's error, or WaitbusError WAITBUS_SOCKET_PATH for another user's
 */
export async function openSocket(path: string): Promise<Socket> {
  const uid = ownUid();
  checkSocket(path);
  // Before it connects, so that nothing the connection says is missed meanwhile; and not where
  // there is no daemon, since it loads native code.
  const { descriptorOf, peerOf } = await import('@waitbus/kernel/peer');
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      const listener = peerOf(descriptorOf(socket)).uid;
      if (listener === uid) return resolve(socket);
      socket.destroy();
      reject(foreignListener(path, listener, uid));
    });
  });
}

function foreignListener(path: string, listener: number, uid: number): WaitbusError {
  return new WaitbusError(
    'WAITBUS_SOCKET_PATH',
    `uid ${listener} listens on ${path}, not you (${uid})`,
    'Point WAITBUS_RUNTIME_DIR to a directory that you own.',
  );
}

/** Parses one frame that the daemon sent. */
export function parseDaemonFrame(body: Buffer): Frame {
  return parseFrame(body, parseFrameText);
}

/** The error that an `error` frame stands for. */
export function errorOf(frame: Frame): WaitbusError {
  const code = String(frame['code']);
  const known = code in ERRORS ? (code as ErrorCode) : 'WAITBUS_INTERNAL';
  return new WaitbusError(known, String(frame['message']), String(frame['remedy']));
}

export class DaemonConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Frame) => void; reject: (error: Error) => void }
  >();
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  /** Takes frames that answer no request. */
  onNotice: (frame: Frame) => void = () => undefined;
  /** What the daemon said of the connection as a whole, before it ended it. */
  #reason: WaitbusError | null = null;
  #nextId = 1;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const decoder = new FrameDecoder(MAX_EMIT_BYTES);
    socket.on('data', (chunk: Buffer) => {
      for (const body of decoder.push(chunk)) this.#receive(parseDaemonFrame(body));
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended = true;
        for (const { reject } of this.#waiting.values()) reject(this.#reason ?? lost());
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** @throws the operating system's error when nobody listens */
  static async open(path: string): Promise<DaemonConnection> {
    return new DaemonConnection(await openSocket(path));
  }

  /**
   * Sends a request and waits for its answer. Several may be on the way.
   * @throws WaitbusError the daemon's refusal, or WAITBUS_UNREACHABLE when the connection ends first
   */
  request(message: object): Promise<Frame> {
    return this.requests([message])[0] as Promise<Frame>;
  }

  /** Sends requests in one write: the daemon takes up all of them or, if we die, none. */
  requests(messages: readonly object[]): Promise<Frame>[] {
    if (this.#ended) return messages.map(() => Promise.reject(this.#reason ?? lost()));
    const frames: Buffer[] = [];
    const answers = messages.map((message) => {
      const id = this.#nextId++;
      frames.push(encodeFrame({ ...message, id }));
      return new Promise<Frame>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    });
    this.#socket.write(Buffer.concat(frames));
    return answers;
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #receive(frame: Frame): void {
    const id = frame['id'];
    if (frame['kind'] === 'error' && id === null) this.#reason = errorOf(frame);
    const waiter = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (waiter === undefined) {
      if (id === undefined) this.onNotice(frame);
      return;
    }
    this.#waiting.delete(id as number);
    if (frame['kind'] === 'error') waiter.reject(errorOf(frame));
    else waiter.resolve(frame);
  }
}

function lost(): WaitbusError {
  return new WaitbusError(
    'WAITBUS_UNREACHABLE',
    'the daemon ended the connection before it answered',
  );
}
