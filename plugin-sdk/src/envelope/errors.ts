/**
 * The one table of error codes. Every error that leaves a waitbus process (over the socket, from
 * the client library, on a terminal) carries one of these codes; `docs/errors.md` holds the same
 * table and a test keeps the two equal.
 */
import { AGENT_ERRORS } from './agent-errors.js';
import { HARNESS_ERRORS } from './harness-errors.js';
import { WAIT_ERRORS } from './wait-errors.js';

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
    remedy: 'waitbus plugin list lists the sources that are installed.',
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
    remedy:
      'Restore the file from version control; waitbus plugin lock --fix rewrites one that is merely not canonical.',
    fatal: false,
  },
  WAITBUS_NO_LOCKFILE: {
    meaning: 'There is no plugins.lock.json where one is needed.',
    remedy: 'waitbus plugin add NAME writes one; --lockfile PATH names another.',
    fatal: false,
  },
  WAITBUS_NOT_PINNED: {
    meaning: 'A source package is not pinned in plugins.lock.json, so it does not run.',
    remedy: 'waitbus plugin add pins it; in the source tree, npm run lock does.',
    fatal: false,
  },
  WAITBUS_NOT_INSTALLED: {
    meaning: 'A package is pinned in plugins.lock.json and not installed.',
    remedy: 'waitbus plugin install --frozen installs what the lock says.',
    fatal: false,
  },
  WAITBUS_PIN_MISMATCH: {
    meaning: 'A source package differs from its pin in plugins.lock.json, so it does not run.',
    remedy: 'waitbus plugin install --frozen puts back what is pinned.',
    fatal: false,
  },
  WAITBUS_PUBLISHER_CHANGED: {
    meaning:
      'A package comes with another publisher, or with weaker evidence, than its pin has; it was not installed.',
    remedy: 'If that is expected: waitbus plugin trust --replace-publisher NAME.',
    fatal: false,
  },
  WAITBUS_EVIDENCE_ABSENT: {
    meaning: 'A package lacks the evidence that is required of it.',
    remedy: 'Install a version that was published with provenance.',
    fatal: false,
  },
  WAITBUS_CONSENT_MISSING: {
    meaning: 'A package was not agreed to, so it was not installed.',
    remedy: 'Run the command at a terminal, or with --yes once you have read what it shows.',
    fatal: false,
  },
  WAITBUS_NAME_CONFLICT: {
    meaning: 'A package claims the name of a source that belongs to another.',
    remedy: 'waitbus plugin list shows who has it; waitbus plugin remove NAME frees it.',
    fatal: false,
  },
  WAITBUS_ENGINE_MISMATCH: {
    meaning: 'A source package was written for another waitbus, another contract or another Node.',
    remedy: 'Install a version of it for this waitbus.',
    fatal: false,
  },
  WAITBUS_INSTALL_REFUSED: {
    meaning: 'A package holds what is never installed; nothing was changed.',
    remedy: 'Ask its author to mend what the message names, or install another version.',
    fatal: false,
  },
  WAITBUS_NOT_FOUND: {
    meaning: 'The npm registry has no package or no version of this name.',
    remedy: 'npm search waitbus-source lists what there is.',
    fatal: false,
  },
  WAITBUS_UNWRITABLE: {
    meaning: 'A file or directory of waitbus cannot be written; nothing was changed.',
    remedy: 'Make it writable for you, or free disk space.',
    fatal: false,
  },
  WAITBUS_REGISTRY_UNREACHABLE: {
    meaning: 'The npm registry could not be asked; nothing was changed.',
    remedy: 'npm ping shows whether it answers; waitbus plugin add ./file.tgz needs none.',
    fatal: false,
  },
  WAITBUS_NO_NPM: {
    meaning: 'npm, which fetches packages, is not on PATH.',
    remedy: 'Install npm; it comes with Node.',
    fatal: false,
  },
  WAITBUS_BAD_SECRET: {
    meaning: 'A secret has a malformed name, no value, or nobody it is for.',
    remedy: 'Write it like: waitbus secret set NAME --for SOURCE < file.',
    fatal: false,
  },
  WAITBUS_BAD_SECRETS_FILE: {
    meaning: 'secrets.json is damaged, or others could have read or replaced it; it was not used.',
    remedy: 'chmod 600 on it, or move a damaged one away; the message names the file.',
    fatal: false,
  },
  WAITBUS_SOURCE_FAILED: {
    meaning: 'A source process failed and was given up after repeated restarts.',
    remedy: 'waitbus plugin restart NAME tries again; the daemon log tells why it failed.',
    fatal: false,
  },
  WAITBUS_SOURCE_DISABLED: {
    meaning: 'The configuration has the source among those that are disabled.',
    remedy: 'waitbus source enable NAME lets it run again.',
    fatal: false,
  },
  WAITBUS_BAD_CONFIG: {
    meaning: 'The configuration is malformed, or cannot be read.',
    remedy: 'Correct what the message names; waitbus config validate checks it again.',
    fatal: true,
  },
  ...AGENT_ERRORS,
  ...WAIT_ERRORS,
  ...HARNESS_ERRORS,
  WAITBUS_INTERNAL: {
    meaning: 'The daemon met a state that it did not expect.',
    remedy: 'Please report it with the lines of the daemon log around it.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
