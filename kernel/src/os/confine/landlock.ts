/**
 * Landlock(7): from what a process may do with files to a ruleset of the kernel, as a descriptor. What
 * an older kernel does not know is left out; `landlockAbi` says what is known.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { callFailed, libcFunction } from '../libc.js';

/** Each is a file, or a directory with all below it. What is not there is left out. */
export interface FileRules {
  readonly read: readonly string[];
  /** To write, create and remove; not to read. */
  readonly write: readonly string[];
  readonly execute: readonly string[];
}

export interface RulesetLimits {
  /** null: files are not restricted. */
  readonly files: FileRules | null;
  /** Whether it may use TCP at all. */
  readonly tcp: boolean;
}

const CREATE_RULESET = 444;
const ADD_RULE = 445;
const VERSION_FLAG = 1;
const PATH_BENEATH = 1;
const O_PATH_CLOEXEC = 0x280000;

const FS = {
  execute: 1 << 0,
  writeFile: 1 << 1,
  readFile: 1 << 2,
  readDirectory: 1 << 3,
  makeDevices: (1 << 6) | (1 << 11),
  truncate: 1 << 14,
  controlDevice: 1 << 15,
} as const;
/** The highest right, by the version of Landlock that has it. */
const FS_RIGHTS_BY_ABI = [0, 13, 14, 15, 15, 16] as const;
const READ = FS.readFile | FS.readDirectory;
/** The rights to a file that is no directory. */
const OF_FILES = FS.execute | FS.writeFile | FS.readFile | FS.truncate | FS.controlDevice;
const BOTH_TCP_RIGHTS = 0b11;
/** Abstract sockets and signals stay among the process and what it starts. */
const BOTH_SCOPES = 0b11;
const NET_FROM = 4;
const SCOPES_FROM = 6;

const syscall = (prototype: string) => libcFunction(`long syscall(long number, ${prototype})`);
const createRuleset = syscall('void *attributes, size_t size, uint32_t flags');
const addRule = syscall('int ruleset, int type, void *attributes, uint32_t flags');

/** The version that the kernel has; 0: none, or switched off. */
export function landlockAbi(): number {
  return Math.max(0, createRuleset(CREATE_RULESET, null, 0, VERSION_FLAG));
}

/** The rights that are restricted when files are. */
function allRights(abi: number): number {
  const rights = FS_RIGHTS_BY_ABI[Math.min(abi, FS_RIGHTS_BY_ABI.length - 1)] ?? 0;
  return 2 ** rights - 1;
}

/** What a process needs to read in its own directory of /proc. */
export function readRights(files: FileRules | null): number {
  return files === null ? 0 : READ;
}

/** @returns a descriptor, to be closed by the caller. @throws where the kernel refuses */
export function openRuleset({ files, tcp }: RulesetLimits, abi: number): number {
  const handled = files === null ? FS.makeDevices : allRights(abi);
  const attributes = Buffer.alloc(24);
  attributes.writeBigUInt64LE(BigInt(handled), 0);
  if (!tcp && abi >= NET_FROM) attributes.writeBigUInt64LE(BigInt(BOTH_TCP_RIGHTS), 8);
  if (abi >= SCOPES_FROM) attributes.writeBigUInt64LE(BigInt(BOTH_SCOPES), 16);
  const ruleset = createRuleset(CREATE_RULESET, attributes, attributes.length, 0);
  if (ruleset < 0) throw callFailed('landlock_create_ruleset');
  try {
    const { read = [], write = [], execute = [] } = files ?? {};
    const writing = handled & ~(READ | FS.execute | FS.makeDevices);
    for (const path of read) allow(ruleset, path, READ);
    for (const path of write) allow(ruleset, path, writing);
    for (const path of execute) allow(ruleset, path, FS.execute | FS.readFile);
    return ruleset;
  } catch (error) {
    closeSync(ruleset);
    throw error;
  }
}

function allow(ruleset: number, path: string, rights: number): void {
  let fd: number;
  try {
    fd = openSync(path, O_PATH_CLOEXEC);
  } catch {
    return;
  }
  try {
    // struct landlock_path_beneath_attr
    const attributes = Buffer.alloc(12);
    const applicable = fstatSync(fd).isDirectory() ? rights : rights & OF_FILES;
    attributes.writeBigUInt64LE(BigInt(applicable), 0);
    attributes.writeInt32LE(fd, 8);
    if (addRule(ADD_RULE, ruleset, PATH_BENEATH, attributes, 0) !== 0) {
      throw callFailed(`landlock_add_rule ${path}`);
    }
  } finally {
    closeSync(fd);
  }
}
