/**
 * Holds a program to limits by the kernel's own means, without root: Landlock for files, TCP, signals
 * and abstract sockets, a filter for system calls. The limits are in force before the program's first
 * instruction, for every thread of it and whatever it starts, and nothing takes them back.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { callFailed, libcFunction } from '../libc.js';
import { landlockAbi, openRuleset, readRights, type FileRules } from './landlock.js';
import { EXIT_NOT_STARTED, IMAGE_FD, launcherImage } from './launcher.js';
import { callFilter } from './seccomp.js';

export type { FileRules };

export interface Confinement {
  /** The version of Landlock. */
  readonly abi: number;
}

export interface ConfinedLimits {
  /** null: files are not restricted. */
  readonly files: FileRules | null;
  /** Whether it speaks to other hosts. */
  readonly net: boolean;
  /** Whether it speaks to other programs of this machine over sockets. */
  readonly unix: boolean;
  /** Whether it starts other programs. */
  readonly programs: boolean;
}

/** A program that is about to be started. */
export interface Launcher {
  /** What to start, with the program and its arguments as its own. */
  readonly command: string;
  /** Descriptors that it is to have, the first under the number 4. */
  readonly descriptors: readonly number[];
  /** Once it is started, or was not. */
  close(): void;
}

/** Cutting a file short is restricted from this version on. */
const LEAST_ABI = 3;
/** Closed in what is started, but where it is handed on; it may be sealed. */
const MFD_SEALABLE = 0b11;
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
const ALL_SEALS = 0b1111;
const NOTHING: ConfinedLimits = {
  files: { read: [], write: [], execute: [] },
  net: false,
  unix: false,
  programs: false,
};

/** EAGAIN, ENOMEM, ENFILE and EMFILE, as Node has them: it is otherwise a moment later. */
const SHORTAGES: readonly number[] = [-11, -12, -23, -24];

let known: Confinement | null | undefined;

/**
 * What the running system has; null where it cannot confine. Tried once.
 * @throws when the system is short of what the try needs, and nothing is known
 */
export function confinement(): Confinement | null {
  if (known === undefined) known = tryIt();
  return known;
}

function tryIt(): Confinement | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const abi = landlockAbi();
  if (abi < LEAST_ABI) return null;
  try {
    // A program that is not there: it ends having restricted itself.
    const launcher = confine('', NOTHING);
    const stdio = ['ignore', 'ignore', 'ignore', 'ignore', ...launcher.descriptors] as const;
    const { status, error } = spawnSync(launcher.command, [''], { stdio: [...stdio] });
    launcher.close();
    if (error !== undefined) throw error;
    return status === EXIT_NOT_STARTED ? { abi } : null;
  } catch (error) {
    if (SHORTAGES.includes((error as NodeJS.ErrnoException).errno ?? 0)) throw error;
    return null;
  }
}

/** @throws where the kernel refuses; the program is not to be started then */
export function confine(program: string, { files, net, unix, programs }: ConfinedLimits): Launcher {
  const ruleset = openRuleset({ files, tcp: net }, landlockAbi());
  try {
    const limits = { net, unix, programs, attributes: files === null };
    const image = inMemory(
      launcherImage({
        program,
        ownProcRights: readRights(files),
        filter: (address) => callFilter(limits, address),
      }),
    );
    return {
      command: `/proc/self/fd/${IMAGE_FD}`,
      descriptors: [ruleset, image],
      close: () => [ruleset, image].forEach((fd) => closeSync(fd)),
    };
  } catch (error) {
    closeSync(ruleset);
    throw error;
  }
}

/** A file that is in no directory and that nobody changes. */
function inMemory(content: Buffer): number {
  const create = libcFunction('int memfd_create(const char *name, unsigned int flags)');
  const seal = libcFunction('int fcntl(int fd, int command, int seals)');
  // Kernels before 6.3 do not know that it is to be executed, and need not be told.
  const made = create('waitbus-launcher', MFD_SEALABLE | MFD_EXEC);
  const fd = made < 0 ? create('waitbus-launcher', MFD_SEALABLE) : made;
  if (fd < 0) throw callFailed('memfd_create');
  writeSync(fd, content);
  if (seal(fd, F_ADD_SEALS, ALL_SEALS) !== 0) throw callFailed('fcntl');
  return fd;
}
