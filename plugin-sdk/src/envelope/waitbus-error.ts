/** The error that leaves a waitbus process, with a code of the table. */
import { ERRORS, type ErrorCode } from './errors.js';
import { plainLine } from './plain-text.js';

export interface WaitbusErrorOptions extends ErrorOptions {
  /** All that is wrong, where it may be several things: each is a line of its own at a terminal. */
  readonly problems?: readonly string[];
}

/**
 * An error with a code of the table. `message` names the particular cause, with all problems in it;
 * `remedy` is the table's unless a more exact one is given. Paths, names and answers of others are
 * in them, so each is one line that steers no terminal.
 */
export class WaitbusError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly fatal: boolean;
  /** The message without its problems. */
  readonly heading: string;
  readonly problems: readonly string[];

  constructor(code: ErrorCode, message?: string, remedy?: string, options?: WaitbusErrorOptions) {
    const heading = plainLine(message ?? ERRORS[code].meaning);
    const problems = (options?.problems ?? []).map(plainLine);
    super(problems.length === 0 ? heading : `${heading}: ${problems.join('; ')}`, options);
    this.name = 'WaitbusError';
    this.code = code;
    this.remedy = plainLine(remedy ?? ERRORS[code].remedy);
    this.heading = heading;
    this.problems = problems;
    this.fatal = ERRORS[code].fatal;
  }
}

/** The error as a WaitbusError: itself if it is one, else wrapped as WAITBUS_INTERNAL. */
export function asWaitbusError(error: unknown): WaitbusError {
  if (error instanceof WaitbusError) return error;
  return new WaitbusError('WAITBUS_INTERNAL', errorText(error), undefined, { cause: error });
}

/**
 * Why something failed, in the words of the error; of JSON that could not be parsed not in them, since
 * they quote what stands in it.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const quotes = error instanceof SyntaxError && /\bJSON\b/.test(error.message);
  return quotes && !error.message.startsWith('not JSON')
    ? 'what it holds is not JSON'
    : error.message;
}
