/**
 * `waitbus plugin dev`: runs one source from its TypeScript, shows what it does, and starts it anew
 * when a file is saved. A bundle of its own, because it holds a daemon.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ERRORS, shellWord } from '@waitbus/plugin-sdk/envelope';
import type { KernelLog } from '@waitbus/kernel';
import type { StreamFrame } from '../../client/stream.js';
import { readDevSource } from '../../dev/dev-inventory.js';
import { DevSession } from '../../dev/dev-session.js';
import { watchSaves } from '../../dev/watch-saves.js';
import { pluginExitOf, PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { print, say, sayError, UsageError } from '../../terminal/exit.js';
import { lineOf } from '../log.js';

export const help = `usage: waitbus plugin dev [DIR] [--source NAME] [--config JSON] [--cwd DIR]

Runs a source of the package in DIR (default: here) from its TypeScript, in a daemon of its own with
an empty log in temporary directories. Prints every event on stdout, and every change of state and
what the source logs on stderr. Saving a file starts it anew; a mistake in one is shown, and the next
save tries again. Ctrl-C ends it and leaves nothing behind. Nothing is pinned, and what the manifest
declares is not enforced here: npx waitbus-conformance tells whether it suffices.

  --source NAME    which, where the package has several
  --config JSON    its section of the configuration
  --cwd DIR        the directory it is asked to watch, where it watches one (default: here)

example
  waitbus plugin dev ./waitbus-source-redis --config '{"port":6379}'`;

const OPTIONS = {
  source: { type: 'string' },
  config: { type: 'string' },
  cwd: { type: 'string' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  try {
    return await develop(args);
  } catch (error) {
    // The command's bundle has error classes of its own, so they are told apart here.
    sayError(error, 'plugin dev');
    return pluginExitOf(error);
  }
}

async function develop(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  if (positionals.length > 1) throw new UsageError('it takes one directory');
  const directory = resolve(positionals[0] ?? '.');
  const config = configOf(values.config);
  const readSource = () => readDevSource(directory, values.source);
  const { name, manifest } = readSource();
  const session = new DevSession({
    readSource,
    config,
    cwd: resolve(values.cwd ?? '.'),
    env: process.env,
    log: logFor(name),
    onFrame: show,
  });
  const ended = new Promise<string>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
    session
      .start((error) => end(error.message))
      .catch((error: unknown) => {
        sayError(error, 'plugin dev');
        end('it could not start');
      });
  });
  const places = Object.entries(session.places).map(([key, path]) => `${key}=${shellWord(path)}`);
  say(`running ${name} from ${manifest.entry}; in another terminal:`);
  say('');
  say(`  ${places.join(' ')} ${thisCommand()} wait --source ${name}`);
  say('');
  const ignored = (entry: string) =>
    entry === 'node_modules' ||
    entry.startsWith('.') ||
    (entry === 'dist' && !manifest.entry?.startsWith('./dist/'));
  const unwatch = watchSaves(directory, ignored, () => {
    say('saved; starting it anew');
    session.restart().catch((error: unknown) => sayError(error, 'plugin dev'));
  });
  await ended;
  unwatch();
  await session.close();
  return PLUGIN_EXIT.ok;
}

/** npx and npm scripts have a PATH of their own, which another terminal has not. */
function thisCommand(): string {
  const [, program] = process.argv;
  const isFromNpm = process.env['npm_command'] !== undefined;
  return isFromNpm && program !== undefined ? shellWord(program) : 'waitbus';
}

function configOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UsageError(`--config ${text} is not JSON`);
  }
}

function show(frame: StreamFrame): void {
  if (frame.kind === 'event') print(lineOf(frame));
  if (frame.kind !== 'source_state') return;
  const { source, state, remedy } = frame;
  // There is one try a save, so how often it failed tells nothing.
  const detail = frame.detail.replace(/; given up after \d+ failures?$/, '');
  say(`${source} ${state}${detail === '' ? '' : `: ${detail}`}`);
  // The usual one is about the user's own daemon.
  const usual = ERRORS.WAITBUS_SOURCE_FAILED.remedy.replace('NAME', source);
  if (remedy !== '' && remedy !== usual) say(`  ${remedy}`);
  if (state === 'failed') say('  the next save starts it again');
}

/** As the host logs what a source says. */
type LogDetails = Readonly<Record<string, unknown>>;

/** What the source says, by ctx.log or by printing; the daemon's own lines are not for its author. */
function logFor(source: string): KernelLog {
  const line = (level: string) => (details: object, message: string) => {
    const { source: about, line: printed, details: own, ...rest } = details as LogDetails;
    if (about !== source || 'package' in rest || 'failures' in rest) return;
    if (typeof printed === 'string') say(`  | ${printed}`);
    else {
      const more = { ...rest, ...(own as object | undefined) };
      const shown = Object.keys(more).length === 0 ? '' : ` ${JSON.stringify(more)}`;
      say(`  ${level} ${message}${shown}`);
    }
  };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
