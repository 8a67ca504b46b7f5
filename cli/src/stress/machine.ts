/** The facts of the machine without which a figure says nothing. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Machine } from './verdict.js';

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    load_at_start: loadavg(),
  };
}
