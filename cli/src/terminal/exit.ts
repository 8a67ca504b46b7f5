/** Exit codes, and how errors are said: everything for people goes to stderr. The table is docs/exit-codes.md. */
import { asPlainError, isWaitbusError } from '../system-error.js';
import { say } from './print.js';

export { print, say } from './print.js';

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  timeout: 124,
  sighup: 129,
  sigint: 130,
  sigterm: 143,
} as const;

/** Bad arguments: said with a pointer to the command's help. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** By name: a command that is a bundle of its own has classes of its own. */
export function isUsageError(error: unknown): boolean {
  return error instanceof Error && error.name === 'UsageError';
}

/** What a command met at its work: the answer 1. Whatever kept it from its work is none. */
const AT_WORK = /^WAITBUS_(STORE_|CLAIMED$|AGENT_GONE$|UNWRITABLE$|HARNESS_CONFLICT$)/;

/**
 * 0 and 1 are a command's answers. Everything that ends it without one is 2, an error that nobody
 * foresaw too.
 * @param answers the codes that are one
 */
export function exitCodeOf(error: unknown, answers = AT_WORK): number {
  return isWaitbusError(error) && answers.test(error.code) ? EXIT.failure : EXIT.usage;
}

/** Says the cause and, on lines of their own, what is wrong in particular and the remedy. */
export function sayError(error: unknown, command: string): void {
  if (isUsageError(error) || isParseArgsError(error)) {
    say(`waitbus ${command}: ${(error as Error).message}`);
    say(`  waitbus ${command} --help shows how it is used`);
    return;
  }
  const { heading, problems, code, remedy } = asPlainError(error);
  say(`waitbus ${command}: ${heading} (${code})`);
  for (const problem of problems) say(`  ${problem}`);
  if (remedy !== '') say(`  ${remedy}`);
}

/** What node:util's parseArgs throws for an unknown or incomplete option. */
export function isParseArgsError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS');
}
