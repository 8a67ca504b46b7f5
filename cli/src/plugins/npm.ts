/**
 * npm, run as a program without a shell: it alone talks to the registry, with the user's own
 * settings for it. Its scripts are always off.
 */
import { spawn } from 'node:child_process';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';

/** Stands for git, so that npm cannot fetch a dependency with it. */
const NO_GIT = 'git-is-refused-by-waitbus';

const ALWAYS = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--no-workspaces',
  '--no-global',
  '--loglevel=error',
  // A registry that is out of reach is said within seconds, not minutes.
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=4000',
  `--git=${NO_GIT}`,
  '--json',
];

interface NpmError {
  readonly code?: string | null;
  readonly summary?: string;
  readonly detail?: string;
}

/**
 * Runs one npm command and returns the JSON that it printed.
 * @param directory where it runs; nothing above it may have an .npmrc of a project
 * @throws WaitbusError for what npm could not do, with its own words
 */
export async function npm(args: readonly string[], directory: string): Promise<unknown> {
  return parse(await npmText(args, directory));
}

/** The same, for the commands whose output is text whatever they are told. */
export async function npmText(args: readonly string[], directory: string): Promise<string> {
  const [command = '', ...rest] = args;
  const { code, stdout, stderr } = await run([command, ...ALWAYS, ...rest], directory);
  if (code === 0) return stdout;
  const error = (Object(parse(stdout)) as { error?: NpmError }).error ?? {};
  throw failure(error, stderr, command);
}

function run(
  args: readonly string[],
  directory: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new WaitbusError('WAITBUS_NO_NPM') : error);
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const UNREACHABLE =
  /^(E(CONN(REFUSED|RESET|ABORTED)|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND|NOTCACHED|50\d|RR_SOCKET_TIMEOUT|PROTO)|ENOTFOUND|FETCH_ERROR|ERR_SOCKET_TIMEOUT|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED\w*)$/;

function failure(error: NpmError, stderr: string, command: string): WaitbusError {
  const code = error.code ?? '';
  const said = [error.summary, stderr].join('\n');
  // Of a file that is no JSON npm's words quote the beginning.
  const words =
    code === 'EJSONPARSE' ? 'a package.json is not JSON' : firstLines(error.summary ?? stderr);
  if (said.includes(NO_GIT) || code === 'EALLOWGIT') {
    return new WaitbusError(
      'WAITBUS_INSTALL_REFUSED',
      `it depends on a git repository, which is never installed: ${words}`,
    );
  }
  if (code === 'E404' || code === 'ETARGET' || code === 'ENOVERSIONS') {
    return new WaitbusError(
      'WAITBUS_NOT_FOUND',
      `the registry has no such package or version: ${words}`,
    );
  }
  if (UNREACHABLE.test(code)) {
    return new WaitbusError('WAITBUS_REGISTRY_UNREACHABLE', `${code}: ${words}`);
  }
  return new WaitbusError('WAITBUS_INSTALL_REFUSED', `npm ${command} ended with ${code}: ${words}`);
}

function firstLines(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim());
  return lines
    .filter((line) => line !== '')
    .slice(0, 3)
    .join('; ');
}
