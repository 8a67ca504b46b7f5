/**
 * The promise on memory: whatever readers do, the daemon grows by no more than this over idle. Pages
 * of the program's own files do not count: an idle daemon has handed them back, and work maps them
 * again.
 */
import assert from 'node:assert/strict';
import {
  forgetPeak,
  MEMORY_BOUND_MIB,
  peakMiB,
  residentFileMiB,
  residentMiB,
} from '../support/process.js';

export class MemoryBound {
  readonly #pid: number;
  readonly #idle: number;
  readonly #idleFiles: number;

  /** Taken while the daemon is idle. */
  constructor(pid: number) {
    this.#pid = pid;
    this.#idle = residentMiB(pid);
    this.#idleFiles = residentFileMiB(pid);
    forgetPeak(pid);
  }

  /** @returns how far its peak came to lie over idle, in MiB */
  check(): string {
    const files = residentFileMiB(this.#pid) - this.#idleFiles;
    const grown = peakMiB(this.#pid) - this.#idle - files;
    assert.ok(grown < MEMORY_BOUND_MIB, `the daemon grew by ${grown.toFixed(1)} MiB`);
    return grown.toFixed(1);
  }
}
