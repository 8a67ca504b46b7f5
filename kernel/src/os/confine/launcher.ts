/**
 * The program that restricts itself and then becomes another: a few hundred bytes of machine code in
 * an ELF image, built here. It has one thread, and what it becomes starts restricted, so that no
 * thread of it was ever outside. Pure; x86-64 Linux.
 */

/** The descriptors that it is started with. */
export const RULESET_FD = 4;
export const IMAGE_FD = 5;

/** How it ends when it cannot go on: before all restrictions hold, and when the program is not there. */
export const EXIT_UNRESTRICTED = 126;
export const EXIT_NOT_STARTED = 125;

export interface LauncherOptions {
  /** The file that it becomes; its arguments are the launcher's own, less the first. */
  readonly program: string;
  /** Rights of Landlock to the process's own directory in /proc, which has no name before; 0: none. */
  readonly ownProcRights: number;
  /** Instructions of seccomp's filter, 8 bytes each. */
  readonly filter: (programAddress: number) => Buffer;
}

/** Where the image is in memory; nothing else is there when it starts. */
const BASE = 0x400000;
const ELF_HEADER_BYTES = 64;
const SEGMENT_HEADER_BYTES = 56;
/** struct sock_fprog: a count and a pointer. */
const FPROG_BYTES = 16;
const INSTRUCTION_BYTES = 8;

const SYSCALL = {
  open: 2,
  execve: 59,
  prctl: 157,
  exit_group: 231,
  seccomp: 317,
  close_range: 436,
  landlock_add_rule: 445,
  landlock_restrict_self: 446,
} as const;
const O_PATH_CLOEXEC = 0x280000;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const LANDLOCK_RULE_PATH_BENEATH = 1;
const ALL_ABOVE = 0xffffffff;

/** mov REGISTER, imm32 for the arguments of a system call, in their order. */
const ARGUMENTS = [[0xbf], [0xbe], [0xba], [0x41, 0xba], [0x41, 0xb8]];
const MOV_EAX = [0xb8];
const DO_SYSCALL = [0x0f, 0x05];
const TEST_EAX = [0x85, 0xc0];
const JUMP_IF_NEGATIVE = [0x0f, 0x88];
const SAVE_STACK_IN_R12 = [0x49, 0x89, 0xe4];
const PUSH_RAX = [0x50];
const PUSH = [0x68];
const RDX_IS_STACK = [0x48, 0x89, 0xe2];
/** rsi is the second argument's place, rdx that of the environment: argc, arguments, 0, environment. */
const LOAD_ARGUMENTS = [
  ...[0x49, 0x8b, 0x04, 0x24], // mov rax, [r12]
  ...[0x49, 0x8d, 0x74, 0x24, 0x10], // lea rsi, [r12 + 16]
  ...[0x49, 0x8d, 0x54, 0xc4, 0x10], // lea rdx, [r12 + rax * 8 + 16]
];

/** @returns the whole file */
export function launcherImage({ program, ownProcRights, filter }: LauncherOptions): Buffer {
  const ownProc = Buffer.from('/proc/self\0');
  const name = Buffer.from(`${program}\0`);
  const fprogAt = BASE + ELF_HEADER_BYTES + SEGMENT_HEADER_BYTES;
  const filterAt = fprogAt + FPROG_BYTES;
  // The filter knows the program's address, and its length depends on nothing.
  const filterBytes = filter(0).length;
  const ownProcAt = filterAt + filterBytes;
  const nameAt = ownProcAt + ownProc.length;
  const failAt = nameAt + name.length;
  const fprog = Buffer.alloc(FPROG_BYTES);
  fprog.writeUInt16LE(filterBytes / INSTRUCTION_BYTES);
  fprog.writeBigUInt64LE(BigInt(filterAt), 8);

  const fail = new Code().call(SYSCALL.exit_group, EXIT_UNRESTRICTED);
  const code = new Code(fail.length);
  code.add(SAVE_STACK_IN_R12);
  if (ownProcRights !== 0) {
    code.call(SYSCALL.open, ownProcAt, O_PATH_CLOEXEC, 0).orFail();
    // struct landlock_path_beneath_attr: the rights, then the descriptor.
    code.add(PUSH_RAX).add([...PUSH, ...imm32(ownProcRights)]);
    code.add(RDX_IS_STACK).addRule().orFail();
  }
  code.call(SYSCALL.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0).orFail();
  code.call(SYSCALL.landlock_restrict_self, RULESET_FD, 0).orFail();
  code.call(SYSCALL.close_range, RULESET_FD, ALL_ABOVE, 0).orFail();
  code.call(SYSCALL.seccomp, SECCOMP_SET_MODE_FILTER, 0, fprogAt).orFail();
  code.add(LOAD_ARGUMENTS).call(SYSCALL.execve, nameAt);
  code.call(SYSCALL.exit_group, EXIT_NOT_STARTED);

  const body = [fprog, filter(nameAt), ownProc, name, fail.bytes, code.bytes];
  return elf(failAt + fail.length, Buffer.concat(body));
}

/** Grows by instructions; what fails jumps back to the code before it. */
class Code {
  readonly #bytes: number[] = [];
  readonly #failBefore: number;

  /** @param failBefore so many bytes before it is what ends the program */
  constructor(failBefore = 0) {
    this.#failBefore = failBefore;
  }

  get bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  get length(): number {
    return this.#bytes.length;
  }

  add(bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  call(number: number, ...args: readonly number[]): this {
    args.forEach((value, at) => this.add([...(ARGUMENTS[at] ?? []), ...imm32(value)]));
    return this.add([...MOV_EAX, ...imm32(number), ...DO_SYSCALL]);
  }

  /** landlock_add_rule(2) whose third argument, rdx, is set already. */
  addRule(): this {
    const values = [RULESET_FD, LANDLOCK_RULE_PATH_BENEATH, null, 0];
    values.forEach((value, at) => {
      if (value !== null) this.add([...(ARGUMENTS[at] ?? []), ...imm32(value)]);
    });
    return this.add([...MOV_EAX, ...imm32(SYSCALL.landlock_add_rule), ...DO_SYSCALL]);
  }

  orFail(): this {
    this.add([...TEST_EAX, ...JUMP_IF_NEGATIVE]);
    // From the end of the jump to where `fail` begins.
    return this.add(imm32(-(this.#bytes.length + 4 + this.#failBefore)));
  }
}

function imm32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return [...bytes];
}

/** An executable of one segment, readable and not writable: elf(5). */
function elf(entry: number, body: Buffer): Buffer {
  const headers = Buffer.alloc(ELF_HEADER_BYTES + SEGMENT_HEADER_BYTES);
  const size = BigInt(headers.length + body.length);
  headers.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  headers.writeUInt16LE(2, 16); // an executable
  headers.writeUInt16LE(62, 18); // of x86-64
  headers.writeUInt32LE(1, 20);
  headers.writeBigUInt64LE(BigInt(entry), 24);
  headers.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32);
  headers.writeUInt16LE(ELF_HEADER_BYTES, 52);
  headers.writeUInt16LE(SEGMENT_HEADER_BYTES, 54);
  headers.writeUInt16LE(1, 56);
  const segment = headers.subarray(ELF_HEADER_BYTES);
  segment.writeUInt32LE(1, 0); // loaded
  segment.writeUInt32LE(5, 4); // read and executed
  segment.writeBigUInt64LE(BigInt(BASE), 16);
  segment.writeBigUInt64LE(BigInt(BASE), 24);
  segment.writeBigUInt64LE(size, 32);
  segment.writeBigUInt64LE(size, 40);
  segment.writeBigUInt64LE(0x1000n, 48);
  return Buffer.concat([headers, body]);
}
