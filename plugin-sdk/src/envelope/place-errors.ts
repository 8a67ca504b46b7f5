/** The part of the table of error codes that is about directories and files. */
import type { ErrorEntry } from './errors.js';

export const PLACE_ERRORS = {
  WAITBUS_SOCKET_PATH: {
    meaning:
      'The socket or another place of waitbus is of no use: its path, what is there, or whose it is.',
    remedy: 'Point WAITBUS_RUNTIME_DIR to a short directory that you own.',
    fatal: true,
  },
  WAITBUS_UNWRITABLE: {
    meaning: 'A file or directory of waitbus cannot be written; nothing was changed.',
    remedy: 'Make it writable for you, or free disk space.',
    fatal: false,
  },
  WAITBUS_BAD_DIRECTORY: {
    meaning: 'A directory was removed, is none, or cannot be entered; nothing was begun.',
    remedy:
      'Go to a directory that is there, or name another; ls -ld shows what is wrong with one.',
    fatal: false,
  },
  WAITBUS_BAD_FILE: {
    meaning: 'The system refused a file, or another thing that was asked of it.',
    remedy: 'waitbus doctor looks at everything that waitbus rests on.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;
