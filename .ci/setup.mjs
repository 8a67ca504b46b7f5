/**
 * Brings a fresh clone to where `waitbus` runs: dependencies, compiled packages, the bundle. Does
 * only what is missing or stale. Needs nothing installed, so it uses Node's own modules only.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`waitbus needs Node 20.19 or newer; this is ${process.version}`);
  process.exit(1);
}
installDependencies();
run('npm', ['run', '--silent', 'build'], 'compiling');
linkCommands();

function installDependencies() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.version)
    .digest('hex');
  const stamp = join(root, 'node_modules', '.waitbus-setup');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'installing dependencies (better-sqlite3 may compile for two minutes)',
  );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** npm links a command when it installs; these are there only once they are compiled. */
function linkCommands() {
  link('waitbus', 'cli/dist/bin/waitbus.js');
  link('waitbus-conformance', 'plugin-sdk/dist/conformance/main.js');
}

function link(name, program) {
  const place = join(root, 'node_modules', '.bin', name);
  rmSync(place, { force: true });
  symlinkSync(join('..', '..', program), place);
  chmodSync(join(root, program), 0o755);
}

function run(program, args, what) {
  console.error(`setup: ${what}`);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...headers() },
  });
  if (error !== undefined) console.error(`setup: ${program}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Node's own headers beside its binary, so that compiling an addon downloads nothing. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  const file = join(prefix, 'include', 'node', 'node_version.h');
  if (process.env.npm_config_nodedir !== undefined || !existsSync(file)) return {};
  const text = readFileSync(file, 'utf8');
  const matches = [...text.matchAll(/#define NODE_(?:MAJOR|MINOR|PATCH)_VERSION (\d+)/g)];
  const version = matches.map((match) => match[1]).join('.');
  return version === process.versions.node ? { npm_config_nodedir: prefix } : {};
}
