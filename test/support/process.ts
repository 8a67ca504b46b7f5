/** What Linux tells about a process: its memory, in MiB. */
import { readFileSync, writeFileSync } from 'node:fs';

/** What a daemon may grow over idle, whatever its readers do. */
export const MEMORY_BOUND_MIB = 64;

export function residentMiB(pid: number): number {
  return field(pid, 'VmRSS');
}

/** The part of it that is clean pages of files: the program and its libraries. */
export function residentFileMiB(pid: number): number {
  return field(pid, 'RssFile');
}

/** The most that it had resident since `forgetPeak`. */
export function peakMiB(pid: number): number {
  return field(pid, 'VmHWM');
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function field(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
}
