/**
 * Changes the configuration file: one command after the other, the file replaced whole, its mode
 * kept, and a link followed to what it leads to. What it would become is checked before it is
 * written, so that a command never leaves a file that the daemon refuses.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock } from '@waitbus/kernel/file-lock';
import { ownDirectory } from '@waitbus/kernel/own-places';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Paths } from '../paths.js';
import { unwritable } from '../plugins/lock-store.js';
import { DEFAULT_CONFIG, type Config } from './config.js';
import { editConfig, type Change } from './edit.js';
import { findConfig, type ConfigText } from './find.js';
import { badConfig } from './problems.js';
import { checkText } from './read.js';

const RETRY_MS = 20;

export interface Changed {
  readonly file: string;
  readonly before: Config;
  readonly after: Config;
  /** Whether anything had to be written. */
  readonly written: boolean;
}

/**
 * @param decide what to change, given what the file says now; null to leave it
 * @param approve looks at what the file would become, and throws to leave it as it is
 * @throws WaitbusError WAITBUS_BAD_CONFIG when the file is malformed, WAITBUS_UNWRITABLE
 */
export async function changeConfig(
  { configDir, runtimeDir }: Paths,
  decide: (config: Config) => Change | null,
  approve: (text: ConfigText) => Promise<void> = () => Promise.resolve(),
): Promise<Changed> {
  const release = await takeLock(configDir, runtimeDir);
  try {
    const found = findConfig(configDir) ?? { file: join(configDir, 'config.json'), text: '' };
    const before = check(found.text, found.file);
    const change = decide(before);
    if (change === null) return { file: found.file, before, after: before, written: false };
    const text = editConfig(found.text, found.file, change);
    if (text === found.text) return { file: found.file, before, after: before, written: false };
    const after = check(text, found.file);
    await approve({ file: found.file, text });
    replace(found.file, text);
    return { file: found.file, before, after, written: true };
  } finally {
    release();
  }
}

function check(text: string, file: string): Config {
  if (text === '') return DEFAULT_CONFIG;
  const { config, problems } = checkText({ file, text });
  if (config === null) throw badConfig(file, problems);
  return config;
}

/** In the runtime directory: the configuration's own may be in version control, or read-only. */
async function takeLock(configDir: string, runtimeDir: string): Promise<() => void> {
  const key = createHash('sha256').update(whereIs(configDir)).digest('hex').slice(0, 16);
  const file = join(runtimeDir, `config-${key}.lock`);
  for (;;) {
    const release = lockOrThrow(file, runtimeDir);
    if (release !== null) return release;
    await pause(RETRY_MS);
  }
}

function lockOrThrow(file: string, directory: string): (() => void) | null {
  try {
    ownDirectory(directory, 'WAITBUS_RUNTIME_DIR');
    return tryLock(file);
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    throw unwritable(directory, error as Error);
  }
}

function whereIs(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Beside the file that a link leads to, so that the link stays one. */
function replace(link: string, text: string): void {
  const file = whereIs(link);
  const directory = dirname(file);
  const next = join(directory, `.${basename(file)}.${process.pid}.tmp`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const mode = statSync(file, { throwIfNoEntry: false })?.mode;
    const fd = openSync(next, 'w', mode ?? 0o644);
    try {
      // Not writeFileSync, which may write a part of it.
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // What the umask took away from one that was there before.
    if (mode !== undefined) chmodSync(next, mode & 0o7777);
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw unwritable(directory, error as Error);
  }
}
