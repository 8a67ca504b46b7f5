/** `waitbus secret`: keeps what sources need to know and nobody else is to read. */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { SECRET_NAME } from '@waitbus/plugin-sdk/manifest';
import { DaemonConnection } from '../client/connection.js';
import { pathsOf, reach } from '../client/reach.js';
import type { InstalledSource } from '../host/inventory.js';
import { isBuiltIn } from '../plugins/reserved.js';
import { changeSecrets, readSecrets, secretOf, type Secrets } from '../secrets.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { readSecretValue } from './secret-value.js';

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  set,
  list,
  rm: remove,
};

export async function run([verb, ...args]: readonly string[]): Promise<number> {
  const known = verb !== undefined && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (known === undefined) throw new UsageError('usage: waitbus secret set|list|rm');
  return known(args);
}

async function set(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { for: { type: 'string', multiple: true }, file: { type: 'string' } },
    strict: true,
  });
  const [name, ...rest] = positionals;
  if (name === undefined) throw new UsageError('usage: waitbus secret set NAME [--for SOURCE]');
  // What was typed is not repeated: it may be the value.
  if (rest.length > 0 || name.includes('=')) {
    throw new UsageError(
      'a value is not taken from an argument, where every program can read it: give it on stdin or with --file PATH',
    );
  }
  checkName(name);
  const { secrets: file } = pathsOf({});
  const installed = await installedSources();
  const sources = sourcesFor(name, values.for, readSecrets(file), installed);
  const value = await readSecretValue(name, values.file);
  if (value === null) return EXIT.sigint;
  const owners = Object.fromEntries(
    installed.flatMap((one) => (one.owner === undefined ? [] : [[one.name, one.owner]])),
  );
  const secret = secretOf(sources, value, owners);
  const before = await changeSecrets(file, (old) => new Map([...old, [name, secret]]));
  say(`${name} is kept for ${sources.join(', ')}`);
  for (const source of sources) {
    const one = installed.find((other) => other.name === source);
    if (one === undefined && !isBuiltIn(source)) {
      say(`  ${source} is not installed: it gets ${name} once you set it again after plugin add`);
    } else if (one !== undefined && one.manifest.secrets?.includes(name) !== true) {
      say(`  ${source} does not ask for ${name}, so it does not get it`);
    }
  }
  await tell([...(before.get(name)?.sources ?? []), ...sources]);
  return EXIT.ok;
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean' } },
    strict: true,
  });
  const secrets = [...readSecrets(pathsOf({}).secrets)].map(([name, { sources }]) => ({
    name,
    sources,
  }));
  if (values.json === true) print(JSON.stringify({ secrets }));
  else if (secrets.length === 0) say('there are no secrets');
  const width = Math.max(0, ...secrets.map(({ name }) => name.length));
  if (values.json === true) return EXIT.ok;
  for (const { name, sources } of secrets) print(`${name.padEnd(width)}  ${sources.join(', ')}`);
  return EXIT.ok;
}

async function remove(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {},
    strict: true,
  });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError('usage: waitbus secret rm NAME');
  const before = await changeSecrets(pathsOf({}).secrets, (old) => {
    if (!old.has(name)) throw unknown(name, old);
    return new Map([...old].filter(([other]) => other !== name));
  });
  say(`${name} is removed`);
  await tell(before.get(name)?.sources ?? []);
  return EXIT.ok;
}

function checkName(name: string): void {
  if (SECRET_NAME.test(name)) return;
  throw new WaitbusError(
    'WAITBUS_BAD_SECRET',
    'a name is a letter, then letters, digits, _ . and -, 128 at most',
  );
}

function unknown(name: string, secrets: Secrets): WaitbusError {
  const names = [...secrets.keys()];
  const there = names.length === 0 ? 'there are none' : `there are: ${names.join(', ')}`;
  return new WaitbusError(
    'WAITBUS_BAD_SECRET',
    `there is no secret ${name}; ${there}`,
    'waitbus secret list shows them.',
  );
}

/**
 * Who may read it: as said, else as before, else the one source whose manifest asks for it, else
 * the source that the name begins with.
 */
function sourcesFor(
  name: string,
  given: readonly string[] | undefined,
  secrets: Secrets,
  installed: readonly InstalledSource[],
): readonly string[] {
  if (given !== undefined) {
    const wrong = given.find((source) => !SOURCE_NAME.test(source));
    if (wrong !== undefined) throw new UsageError(`--for ${wrong} is no name of a source`);
    return [...new Set(given)].sort();
  }
  const before = secrets.get(name);
  if (before !== undefined) return before.sources;
  const asking = installed.filter(({ manifest }) => manifest.secrets?.includes(name) === true);
  const [first = '', ...rest] = name.split('-');
  const isNamed =
    rest.length > 0 && (isBuiltIn(first) || installed.some((one) => one.name === first));
  const [only, ...others] = asking.map((source) => source.name);
  const set = `waitbus secret set ${name} --for`;
  if (only === undefined) {
    if (isNamed) return [first];
    throw new UsageError(
      `no installed source asks for ${name}, and none has the name that it begins with; say who it is for: ${set} SOURCE`,
    );
  }
  // A name that sounds like one source's and is asked for by another is the user's to decide.
  const claims = isNamed && first !== only ? [...others, first] : others;
  if (claims.length === 0) return [only];
  const all = [...new Set([only, ...claims])].sort();
  throw new UsageError(`${name} may be for ${all.join(' or ')}; say which: ${set} ${all[0]}`);
}

/** Those that may run: a package that differs from its pin says nothing about itself. */
async function installedSources(): Promise<InstalledSource[]> {
  const [{ takeInventory }, { findInstallation }] = await Promise.all([
    import('../host/inventory.js'),
    import('../installation.js'),
  ]);
  const { sources } = await takeInventory(findInstallation(), pathsOf({}));
  return [...sources.values()].filter(({ quarantine }) => quarantine === null);
}

const TELL_LIMIT_MS = 5000;
const IGNORED = new Set(['WAITBUS_UNREACHABLE', 'WAITBUS_UNKNOWN_SOURCE', 'WAITBUS_BAD_REQUEST']);

/** A source reads its secrets when it starts, so those that run are started again. */
async function tell(sources: readonly string[]): Promise<void> {
  try {
    // What was set is kept, whatever becomes of a daemon that does not answer.
    await Promise.race([restart(new Set(sources)), pause(TELL_LIMIT_MS)]);
  } catch (error) {
    ignoreKnown(error);
  }
}

async function restart(sources: ReadonlySet<string>): Promise<void> {
  const connection = await reach((socket) => DaemonConnection.open(socket), { autostart: false });
  for (const source of sources) {
    await connection.request({ op: 'restart_source', source }).catch(ignoreKnown);
  }
  connection.close();
}

function ignoreKnown(error: unknown): void {
  if (error instanceof WaitbusError && IGNORED.has(error.code)) return;
  say(`waitbus secret: the daemon could not be told: ${(error as Error).message}`);
}
