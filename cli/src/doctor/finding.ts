/** What `waitbus doctor` finds. */

export interface Finding {
  /** What was looked at, in a word. */
  readonly check: string;
  /** A warning is worth knowing; a problem keeps waitbus from doing its work. */
  readonly level: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** The command that mends it; empty when all is well. */
  readonly remedy: string;
}

export const ok = (check: string, message: string): Finding => ({
  check,
  level: 'ok',
  message,
  remedy: '',
});

export const warning = (check: string, message: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  message,
  remedy,
});

export const problem = (check: string, message: string, remedy: string): Finding => ({
  check,
  level: 'problem',
  message,
  remedy,
});
