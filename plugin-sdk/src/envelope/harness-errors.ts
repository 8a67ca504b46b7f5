/** The part of the table of error codes that is about the coding agents' harnesses and their files. */
import type { ErrorEntry } from './errors.js';

export const HARNESS_ERRORS = {
  WAITBUS_UNKNOWN_HARNESS: {
    meaning: 'waitbus knows no harness of this name.',
    remedy: 'waitbus install --help lists those that it knows.',
    fatal: false,
  },
  WAITBUS_BAD_HARNESS_FILE: {
    meaning: "A harness's file is malformed or not what waitbus can edit; nothing was changed.",
    remedy: 'Correct what the message names, and run the command again.',
    fatal: false,
  },
  WAITBUS_HARNESS_CONFLICT: {
    meaning: "Something that is not ours stands in a harness's file where ours would go.",
    remedy: 'Look at it; the same command with --replace puts ours there and keeps a backup.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;
