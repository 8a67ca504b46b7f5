/** The part of the table of error codes that is about agents, their messages and their claims. */
import type { ErrorEntry } from './errors.js';

export const AGENT_ERRORS = {
  WAITBUS_BAD_NAME: {
    meaning: 'The name of an agent is malformed, or it is not said who speaks.',
    remedy:
      'A name is a letter or digit, then up to 63 letters, digits, dots, dashes, @ and _: builder-2.',
    fatal: false,
  },
  WAITBUS_BAD_MESSAGE: {
    meaning: 'A message has no text, too much of it, or text that is not UTF-8.',
    remedy: 'Send at most 1 MiB of text; write more to a file and send its path.',
    fatal: false,
  },
  WAITBUS_UNKNOWN_MESSAGE: {
    meaning: 'No message in the log has this event_id or correlation id.',
    remedy: 'waitbus inbox --since 1d shows the messages of a day, with their ids.',
    fatal: false,
  },
  WAITBUS_AGENT_GONE: {
    meaning: 'The agent that was asked ended before it answered.',
    remedy: 'waitbus agents shows who is present.',
    fatal: false,
  },
  WAITBUS_CLAIMED: {
    meaning: 'A path, or one above or below it, is claimed by another.',
    remedy: 'waitbus claim --list shows who holds what; --wait waits until it is free.',
    fatal: false,
  },
} as const satisfies Record<string, ErrorEntry>;
