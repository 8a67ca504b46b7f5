/** Exit codes, and how errors are said: everything for people goes to stderr. The table is docs/exit-codes.md. */
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  timeout: 124,
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

/** Writes a line for people. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Writes a line of data. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function isWaitbusError(error: unknown): error is WaitbusError {
  return error instanceof Error && error.name === 'WaitbusError';
}

/** Errors of the caller's making end with 2, others with 1. */
export function exitCodeOf(error: unknown): number {
  if (isUsageError(error)) return EXIT.usage;
  if (!isWaitbusError(error)) return EXIT.failure;
  return /^WAITBUS_(BAD_|UNKNOWN_|UNREACHABLE|UNSUPPORTED|TOO_MANY_|NOT_PINNED|PIN_MISMATCH|SOURCE_DISABLED)/.test(
    error.code,
  )
    ? EXIT.usage
    : EXIT.failure;
}

/** Says the cause and, on a line of its own, the remedy. */
export function sayError(error: unknown, command: string): void {
  if (isUsageError(error) || isParseArgsError(error)) {
    say(`waitbus ${command}: ${(error as Error).message}`);
    say(`  waitbus ${command} --help shows how it is used`);
  } else if (isWaitbusError(error)) {
    say(`waitbus ${command}: ${error.message} (${error.code})`);
    if (error.remedy !== '') say(`  ${error.remedy}`);
  } else {
    say(`waitbus ${command}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What node:util's parseArgs throws for an unknown or incomplete option. */
export function isParseArgsError(error: unknown): boolean {
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS');
}
