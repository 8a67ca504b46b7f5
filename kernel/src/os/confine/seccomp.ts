/**
 * The filter of system calls that a confined process keeps for good, seccomp(2): pure, from what it
 * may do to the instructions of the kernel's packet filter. x86-64 Linux. What it refuses answers with
 * an error that programs know, so that they go on without.
 */

export interface CallLimits {
  /** Whether it makes sockets to other hosts. */
  readonly net: boolean;
  /** Whether it makes sockets to other programs of this machine. */
  readonly unix: boolean;
  /** Whether it starts other programs. */
  readonly programs: boolean;
  /** Whether it changes modes, owners, times and attributes, which Landlock does not know. */
  readonly attributes: boolean;
}

const EPERM = 1;
const EACCES = 13;
const ENOSYS = 38;

const ARCH_X86_64 = 0xc000003e;
/** Calls of the 32-bit pointer ABI, under numbers of their own. */
const X32 = 0x40000000;

const RET_ALLOW = 0x7fff0000;
const RET_ERRNO = 0x00050000;
const RET_KILL = 0x80000000;

/** struct seccomp_data */
const AT_NUMBER = 0;
const AT_ARCH = 4;
const argument = (at: number, half: 'low' | 'high' = 'low') =>
  16 + at * 8 + (half === 'low' ? 0 : 4);

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

/** Into other processes, or past what is filtered here. */
const NEVER = [
  101, // ptrace
  310, // process_vm_readv
  311, // process_vm_writev
  312, // kcmp
  438, // pidfd_getfd
  440, // process_madvise
  448, // process_mrelease
  256, // migrate_pages
  279, // move_pages
  251, // ioprio_set
  141, // setpriority: of a group or a user as well
  322, // execveat
  321, // bpf
  298, // perf_event_open
  323, // userfaultfd
  304, // open_by_handle_at
  // Keys, shared memory and queues of the same user.
  ...[248, 249, 250, 29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241],
  // Mounts, roots and namespaces.
  ...[165, 166, 155, 161, 428, 429, 430, 431, 432, 433, 442, 272, 308],
  // The machine: modules, kexec, reboot, swap, clocks, names, ports, quotas, its log.
  ...[175, 313, 176, 246, 320, 169, 167, 168, 163, 103, 164, 227, 159, 305, 170, 171, 172, 173],
  ...[179, 443],
];
/** A ring does what it is told in the kernel, unfiltered. libuv goes on without one. */
const RINGS = [425, 426, 427];
/** chmod, chown, utime, setxattr, each under its names. */
const ATTRIBUTES = [
  ...[90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280],
  ...[188, 189, 190, 197, 198, 199, 463, 466, 469],
];
/** Those that name a process, by the argument that does: 0 is the one that calls. */
const ON_ITSELF = [
  [302, 0], // prlimit64
  [203, 0], // sched_setaffinity
  [142, 0], // sched_setparam
  [144, 0], // sched_setscheduler
  [314, 0], // sched_setattr
] as const;

const CALL = { socket: 41, clone: 56, fork: 57, vfork: 58, execve: 59, clone3: 435 } as const;
const FAMILY = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;
const CLONE_THREAD = 0x00010000;
/** Every CLONE_NEW*. */
const CLONE_NAMESPACES = 0x7e020080;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** @param programAddress where the path is of the one program that may be executed, if no other may */
export function callFilter(limits: CallLimits, programAddress: number): Buffer {
  const { net, unix, programs, attributes } = limits;
  const families = [
    ...(net ? [FAMILY.inet, FAMILY.inet6, FAMILY.netlink] : []),
    ...(unix ? [FAMILY.unix] : []),
  ];
  return assemble([
    [LOAD, 0, 0, AT_ARCH],
    [JUMP_EQUAL, 1, 0, ARCH_X86_64],
    [RETURN, 0, 0, RET_KILL],
    [LOAD, 0, 0, AT_NUMBER],
    [JUMP_AT_LEAST, 0, 1, X32],
    refuse(ENOSYS),
    ...NEVER.flatMap((call) => when(call, [refuse(EPERM)])),
    ...RINGS.flatMap((call) => when(call, [refuse(ENOSYS)])),
    ...(attributes ? [] : ATTRIBUTES.flatMap((call) => when(call, [refuse(EPERM)]))),
    ...ON_ITSELF.flatMap(([call, at]) => when(call, onlyIf([at, 0]))),
    ...when(CALL.socket, [
      [LOAD, 0, 0, argument(0)],
      ...families.flatMap((family): Instruction[] => [[JUMP_EQUAL, 0, 1, family], ALLOW]),
      refuse(EACCES),
    ]),
    // Its flags are in memory, which a filter does not see; the C library goes on with clone.
    ...when(CALL.clone3, [refuse(ENOSYS)]),
    ...when(CALL.clone, programs ? unlessBits(CLONE_NAMESPACES) : ifBits(CLONE_THREAD)),
    ...(programs ? [] : [CALL.fork, CALL.vfork].flatMap((call) => when(call, [refuse(EPERM)]))),
    // The start of the process itself passes here, and what has the same address, in the same limits.
    ...(programs ? [] : when(CALL.execve, onlyIf([0, programAddress]))),
    ALLOW,
  ]);
}

const ALLOW: Instruction = [RETURN, 0, 0, RET_ALLOW];

function refuse(error: number): Instruction {
  return [RETURN, 0, 0, RET_ERRNO | error];
}

/** What is done for one call; it ends in a return. */
function when(call: number, then: readonly Instruction[]): Instruction[] {
  return [[JUMP_EQUAL, 0, then.length, call], ...then];
}

function onlyIf([at, value]: readonly [at: number, value: number]): Instruction[] {
  return [
    [LOAD, 0, 0, argument(at)],
    [JUMP_EQUAL, 0, 3, value],
    [LOAD, 0, 0, argument(at, 'high')],
    [JUMP_EQUAL, 0, 1, 0],
    ALLOW,
    refuse(EPERM),
  ];
}

function ifBits(bits: number): Instruction[] {
  return [[LOAD, 0, 0, argument(0)], [JUMP_ANY_BIT, 0, 1, bits], ALLOW, refuse(EPERM)];
}

function unlessBits(bits: number): Instruction[] {
  return [[LOAD, 0, 0, argument(0)], [JUMP_ANY_BIT, 1, 0, bits], ALLOW, refuse(EPERM)];
}

/** struct sock_filter, each. */
function assemble(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, ifTrue, ifFalse, value], at) => {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(ifTrue, at * 8 + 2);
    bytes.writeUInt8(ifFalse, at * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, at * 8 + 4);
  });
  return bytes;
}
