/** `waitbus claim PATH`: a path for one agent alone, while a command runs or this process lives. */
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { NAME_VARIABLE, ownName } from '../client/agent-name.js';
import { blockedText, claim, listClaims, type Claim } from '../client/claim.js';
import { WaitTimeoutError } from '../client/wait-for.js';
import { codeOf, runCommand, Signals, whyNot } from '../run/command.js';
import { within } from '../run/within.js';
import { EXIT, exitCodeOf, print, say, sayError, UsageError } from '../terminal/exit.js';
import { outputLost } from '../terminal/output.js';
import { timeoutOf } from './timeout.js';

/** How long the daemon may take to let go. */
const PATIENCE_MS = 2000;

const OPTIONS = {
  as: { type: 'string' },
  wait: { type: 'boolean' },
  timeout: { type: 'string' },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  'no-autostart': { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--');
  const command = at < 0 ? [] : args.slice(at + 1);
  const { values, positionals } = parseArgs({
    args: args.slice(0, at < 0 ? args.length : at),
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  if (values.list === true) return list(values.json === true, values['no-autostart'] === true);
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new UsageError('it takes one path');
  if (at >= 0 && command.length === 0) throw new UsageError('there is no command after --');
  const as = ownName(values.as, '--as', process.env);
  const timeout = timeoutOf(values.timeout);
  const signals = new Signals();
  const stop = new AbortController();
  void signals.first.then(() => stop.abort());
  let held: Claim;
  try {
    held = await claim({
      path,
      as,
      wait: values.wait === true || timeout !== undefined,
      timeout,
      signal: stop.signal,
      onBlocked: ([first], canonical) => {
        if (first !== undefined) {
          say(`waitbus claim: ${blockedText(first, canonical)}; waiting until it is free`);
        }
      },
      ...(values['no-autostart'] === true ? { autostart: false } : {}),
    });
  } catch (error) {
    if (signals.received !== null) return codeOf(signals.received);
    return refused(error);
  }
  if (signals.received !== null) {
    await held.release();
    return codeOf(signals.received);
  }
  say(`waitbus claim: ${as} claims ${held.path}`);
  if (values.json === true) {
    print(stringifyJson({ id: held.id, path: held.path, event_id: held.eventId }));
    if (await outputLost()) {
      // Who does not know of the claim neither works under it nor releases it.
      await release(held);
      return EXIT.usage;
    }
  }
  return command.length > 0 ? holdDuring(command, held, as, signals) : holdUntilTold(held, signals);
}

function refused(error: unknown): number {
  if (error instanceof WaitTimeoutError) {
    say(`waitbus claim: ${error.message}`);
    return EXIT.timeout;
  }
  sayError(error, 'claim');
  // 1 says that another has it.
  return exitCodeOf(error, /^WAITBUS_CLAIMED$/);
}

async function list(json: boolean, noAutostart: boolean): Promise<number> {
  const claims = await listClaims({
    ...(noAutostart ? { autostart: false } : {}),
    onStart: () =>
      say('waitbus claim: no daemon was running; one is started, and has what it kept'),
  });
  for (const { id, path, by, since, state } of claims) {
    if (json) print(stringifyJson({ id, path, by, since, state }));
    else {
      const note = state === 'held' ? '' : `  (${state})`;
      print(`${path}  ${by}  since ${new Date(since).toISOString()}${note}`);
    }
  }
  if (claims.length === 0) say('waitbus claim: nothing is claimed');
  return EXIT.ok;
}

async function holdDuring(
  command: readonly string[],
  held: Claim,
  as: string,
  signals: Signals,
): Promise<number> {
  let pid: number | null = null;
  let lost = false;
  void held.ended.then((how) => {
    if (how === 'released') {
      say(`waitbus claim: the claim of ${held.path} was released; the command goes on without it`);
      return;
    }
    lost = true;
    sayLost(held);
    if (pid !== null) process.kill(pid, 'SIGTERM');
  });
  const env = { ...process.env, [NAME_VARIABLE]: as };
  const end = await runCommand(command, env, signals, (its) => (pid = its));
  pid = null;
  if (end.error !== null) say(`waitbus claim: ${command[0]}: ${whyNot(end.error)}`);
  await release(held);
  return lost ? end.exitCode || EXIT.failure : end.exitCode;
}

/** Until a signal, `waitbus release`, or the end of whoever holds the other end of stdin. */
async function holdUntilTold(held: Claim, signals: Signals): Promise<number> {
  const how = await Promise.race([
    held.ended,
    signals.first,
    ...(stdinIsPipe() ? [stdinClosed()] : []),
  ]);
  if (how === 'lost') {
    sayLost(held);
    return EXIT.failure;
  }
  if (how === 'released') {
    say(`waitbus claim: the claim of ${held.path} was released`);
    return EXIT.ok;
  }
  await release(held);
  if (how !== 'closed') return codeOf(how);
  say(`waitbus claim: stdin was closed; released ${held.path}`);
  return EXIT.ok;
}

function sayLost(held: Claim): void {
  say(`waitbus claim: ${held.path} is not ours any more: another claimed it while we were away`);
}

async function release(held: Claim): Promise<void> {
  if (
    (await within(
      PATIENCE_MS,
      held.release().then(() => true),
    )) === true
  )
    return;
  say('waitbus claim: the daemon does not answer; the claim ends with this process');
}

/** A script's stdin may be a file or nothing at all, whose end says nothing. */
function stdinIsPipe(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}

function stdinClosed(): Promise<'closed'> {
  return new Promise((resolve) => {
    process.stdin.once('end', () => resolve('closed'));
    process.stdin.once('close', () => resolve('closed'));
    process.stdin.once('error', () => resolve('closed'));
    process.stdin.resume();
  });
}
