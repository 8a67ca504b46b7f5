/** The errors of a wait that cannot be fulfilled: part of the table in `errors.ts`. */
import type { ErrorEntry } from './errors.js';

export const WAIT_ERRORS = {
  WAITBUS_AMBIGUOUS_SHA: {
    meaning: 'A short commit SHA is the beginning of several commits that have CI runs.',
    remedy: 'Give the whole SHA, 40 hex digits, as git rev-parse HEAD prints it.',
    fatal: false,
  },
  WAITBUS_CANNOT_MATCH: {
    meaning:
      'No event can ever meet what is asked for: a name or a value that its source does not have.',
    remedy: 'waitbus log --source NAME shows events as they are; correct the predicate.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;
