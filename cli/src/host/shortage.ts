/** Errors that say nothing of what was asked for, only that the machine is short of something now. */

const CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Whether the same may well work later: pure. */
export function isShortage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CODES.has((error as NodeJS.ErrnoException).code) || isShortage(error.cause);
}
