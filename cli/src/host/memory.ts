/** How much memory a process has resident, by the operating system's word. */
import { readFileSync } from 'node:fs';

/** In bytes; null where the system does not tell or the process is gone. */
export function residentBytes(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

/** Why a process that takes so many bytes must end, or null: pure. */
export function tooMuchMemory(bytes: number, cap: number): string | null {
  const mebibytes = (some: number) => Math.round(some / 1024 / 1024);
  if (bytes <= cap) return null;
  return `it takes ${mebibytes(bytes)} MiB of memory, over ${mebibytes(cap)}`;
}
