/** The harnesses that waitbus knows, by name. */
import type { Harness, HarnessName } from './contract.js';

export * from './contract.js';

/** By name; one that is not written yet is absent. */
export const HARNESSES: Readonly<Partial<Record<HarnessName, Harness>>> = {};
