/**
 * The one table of error codes. Every error that leaves a waitbus process (over the socket, from
 * the client library, on a terminal) carries one of these codes; `docs/errors.md` holds the same
 * table and a test keeps the two equal.
 */

export interface ErrorEntry {
  /** What happened, in one sentence. Shown in the docs; a thrown error adds the particulars. */
  readonly meaning: string;
  /** What the person reading it can do. */
  readonly remedy: string;
  /** Whether the connection that caused it is closed. */
  readonly fatal: boolean;
}

export const ERRORS = {
  WAITBUS_BAD_FRAME: {
    meaning: 'The bytes on the socket are not a valid frame.',
    remedy: 'Send 4 bytes big-endian length, then that many bytes of one UTF-8 JSON object.',
    fatal: true,
  },
  WAITBUS_BAD_REQUEST: {
    meaning: 'A request has an unknown operation or a member of the wrong type.',
    remedy: 'See docs/protocol.md for the requests that this daemon understands.',
    fatal: false,
  },
  WAITBUS_BAD_EVENT: {
    meaning: 'An event is malformed or over a limit; nothing of its request was stored.',
    remedy: 'Correct the field that the message names and emit again.',
    fatal: false,
  },
  WAITBUS_BAD_PREDICATE: {
    meaning: 'A predicate does not follow the grammar.',
    remedy:
      'Write it as dotted.key OP json_literal, for example fields.conclusion="failure"; quote it for the shell.',
    fatal: false,
  },
  WAITBUS_BAD_CURSOR: {
    meaning: 'A cursor is not 26 characters of Crockford base32.',
    remedy: 'Use an event_id that the daemon sent, a duration such as 10m, or start.',
    fatal: false,
  },
  WAITBUS_UNKNOWN_SOURCE: {
    meaning: 'No installed source has this name.',
    remedy: 'waitbus status lists the sources that are installed.',
    fatal: false,
  },
  WAITBUS_UNKNOWN_EVENT: {
    meaning: 'No stored event has this event_id.',
    remedy: 'It may have been removed by retention; waitbus status shows the oldest that is kept.',
    fatal: false,
  },
  WAITBUS_UNSUPPORTED_VERSION: {
    meaning: 'The peer asked for a protocol version that this daemon does not speak.',
    remedy: 'Upgrade waitbus on the older side; this daemon speaks protocol 1.',
    fatal: true,
  },
  WAITBUS_ALREADY_ATTACHED: {
    meaning: 'This connection has already attached under a name.',
    remedy: 'Send detach first, or open a second connection.',
    fatal: false,
  },
  WAITBUS_STORE_FULL: {
    meaning: 'The disk that holds the store has no room; nothing of the request was stored.',
    remedy: 'Free disk space; the daemon accepts events again by itself.',
    fatal: false,
  },
  WAITBUS_STORE_READONLY: {
    meaning: 'The store, or the directory that holds it, cannot be written.',
    remedy:
      'Make it writable for the user who runs the daemon: see ls -ld on the directory, and mount.',
    fatal: false,
  },
  WAITBUS_STORE_BUSY: {
    meaning:
      'Another program holds the write lock of the store; nothing of the request was stored.',
    remedy: 'End its transaction (fuser events.db shows who has the file open) and emit again.',
    fatal: false,
  },
  WAITBUS_STORE_GONE: {
    meaning: 'The store or the socket was removed or replaced while the daemon ran, so it ends.',
    remedy: 'Run the command again: it starts a daemon with a fresh store.',
    fatal: true,
  },
  WAITBUS_STORE_FAILED: {
    meaning: 'The store could not carry out a read or a write.',
    remedy: 'The daemon log names the cause; waitbus status shows where it is.',
    fatal: false,
  },
  WAITBUS_STORE_CORRUPT: {
    meaning: 'The store file is damaged. It was not changed.',
    remedy: 'Move the file away to start afresh, or restore it from a backup.',
    fatal: true,
  },
  WAITBUS_STORE_FOREIGN: {
    meaning: 'The file at the place of the store is not a waitbus store. It was not changed.',
    remedy: 'Move the file away, or point WAITBUS_STATE_DIR to another directory.',
    fatal: true,
  },
  WAITBUS_STORE_NEWER: {
    meaning: 'The store was written by a newer waitbus. It was not changed.',
    remedy: 'Upgrade waitbus, or point WAITBUS_STATE_DIR to another directory.',
    fatal: true,
  },
  WAITBUS_ALREADY_RUNNING: {
    meaning: 'Another daemon already serves this runtime or state directory.',
    remedy: 'Use it (waitbus status shows it), or end it with waitbus stop.',
    fatal: true,
  },
  WAITBUS_SOCKET_PATH: {
    meaning: 'The socket cannot be created at its path.',
    remedy: 'Point WAITBUS_RUNTIME_DIR to a short directory that you own.',
    fatal: true,
  },
  WAITBUS_TOO_MANY_CLIENTS: {
    meaning: 'The daemon has as many connections as its limit on open files allows.',
    remedy:
      'End some waiting commands, or raise the limit: waitbus stop, ulimit -n 4096, and run the command again.',
    fatal: true,
  },
  WAITBUS_UNREACHABLE: {
    meaning: 'No daemon answers and none could be started.',
    remedy: 'Run waitbus daemon in a terminal to see why.',
    fatal: true,
  },
  WAITBUS_BAD_MANIFEST: {
    meaning: "A source package's waitbus.sources.v1 manifest is malformed.",
    remedy: 'Correct the members that the message names in its package.json.',
    fatal: false,
  },
  WAITBUS_BAD_LOCKFILE: {
    meaning: 'plugins.lock.json is malformed, not canonical, or from a newer waitbus.',
    remedy: 'Restore the file from version control; in the source tree, npm run lock rewrites it.',
    fatal: false,
  },
  WAITBUS_NOT_PINNED: {
    meaning: 'A source package is not pinned in plugins.lock.json, so it does not run.',
    remedy: 'In the source tree, npm run lock pins it.',
    fatal: false,
  },
  WAITBUS_PIN_MISMATCH: {
    meaning: 'A source package differs from its pin in plugins.lock.json, so it does not run.',
    remedy: 'Reinstall waitbus; in the source tree, review the change and run npm run lock.',
    fatal: false,
  },
  WAITBUS_SOURCE_FAILED: {
    meaning: 'A source process failed and was given up after repeated restarts.',
    remedy: 'The daemon log tells why; waitbus stop and the next command start it afresh.',
    fatal: false,
  },
  WAITBUS_BAD_CONFIG: {
    meaning: 'The configuration is malformed.',
    remedy: 'Correct the members that the message names.',
    fatal: true,
  },
  WAITBUS_INTERNAL: {
    meaning: 'The daemon met a state that it did not expect.',
    remedy: 'Please report it with the lines of the daemon log around it.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * An error with a code of the table. `message` names the particular cause; `remedy` is the table's
 * unless a more exact one is given.
 */
export class WaitbusError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly fatal: boolean;

  constructor(code: ErrorCode, message?: string, remedy?: string, options?: ErrorOptions) {
    super(message ?? ERRORS[code].meaning, options);
    this.name = 'WaitbusError';
    this.code = code;
    this.remedy = remedy ?? ERRORS[code].remedy;
    this.fatal = ERRORS[code].fatal;
  }
}

/** The error as a WaitbusError: itself if it is one, else wrapped as WAITBUS_INTERNAL. */
export function asWaitbusError(error: unknown): WaitbusError {
  if (error instanceof WaitbusError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new WaitbusError('WAITBUS_INTERNAL', message, undefined, { cause: error });
}
