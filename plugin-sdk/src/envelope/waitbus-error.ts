/** The error that leaves a waitbus process, with a code of the table. */
import { ERRORS, type ErrorCode } from './errors.js';

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
