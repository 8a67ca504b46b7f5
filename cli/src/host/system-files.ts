/**
 * What a program needs to read of the system to run at all: libraries, certificates, time zones, what
 * the kernel tells of the machine, and with a network the names of hosts. Nothing of the user's.
 */
import { lstatSync, readFileSync } from 'node:fs';

const LIBRARIES = [
  ...['/lib', '/lib32', '/lib64', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/local/lib'],
  ...['/nix/store', '/gnu/store', '/etc/ld.so.cache'],
];
const MACHINE = [
  ...['/proc/cpuinfo', '/proc/loadavg', '/proc/meminfo', '/proc/stat', '/proc/uptime'],
  ...['/proc/version', '/proc/sys/vm/overcommit_memory', '/proc/sys/fs/inotify'],
  ...['/sys/devices/system', '/sys/fs/cgroup', '/sys/kernel/mm/transparent_hugepage'],
];
const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'];
const LOCALE = ['/etc/localtime', '/etc/timezone', '/usr/share/zoneinfo', '/usr/share/locale'];
const CERTIFICATES = [
  ...['/etc/ssl/certs', '/etc/ssl/cert.pem', '/etc/ssl/openssl.cnf', '/etc/ca-certificates'],
  ...['/etc/crypto-policies', '/etc/pki/ca-trust', '/etc/pki/tls/certs', '/etc/pki/tls/cert.pem'],
  ...['/etc/pki/tls/openssl.cnf', '/usr/share/ca-certificates', '/usr/local/share/ca-certificates'],
];
const HOST_NAMES = [
  ...['/etc/gai.conf', '/etc/host.conf', '/etc/hosts', '/etc/nsswitch.conf', '/etc/protocols'],
  ...['/etc/resolv.conf', '/etc/services', '/run/NetworkManager', '/run/resolvconf'],
  '/run/systemd/resolve',
];

export interface SystemFiles {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** What loads a program's libraries: it is executed with it. */
  readonly loaders: readonly string[];
}

/** @param net whether the names of hosts are looked up */
export function systemFiles(net: boolean, uid: number = process.getuid?.() ?? -1): SystemFiles {
  const mapped = mappedFiles();
  return {
    read: [
      ...LIBRARIES,
      ...mapped,
      ...MACHINE,
      ...DEVICES,
      ...LOCALE,
      ...CERTIFICATES,
      ...(net ? [...HOST_NAMES, ...replaced(uid)] : []),
    ],
    write: ['/dev/null'],
    loaders: mapped.filter((file) => /\/ld[-\w.]*\.so[.\d]*$/.test(file)),
  };
}

/**
 * A rule is about the file that is there. Those of `/etc` are replaced when the network changes, so
 * who may read no more there than everybody may reads them all.
 */
function replaced(uid: number): string[] {
  const own = lstatSync('/etc/resolv.conf', { throwIfNoEntry: false })?.isFile() === true;
  return own && uid !== 0 ? ['/etc'] : [];
}

/** The executable files of this process, which runs the same Node: libraries in places of their own. */
function mappedFiles(): string[] {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const files = lines.flatMap((line) => /^\S+ r-xp .*? (\/.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(files)];
}
