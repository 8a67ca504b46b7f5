/** Pins: the lockfile's format, content hashes, and the trust decision. */
export * from './agreed.js';
export * from './below.js';
export * from './content-hash.js';
export * from './dependencies.js';
export * from './lockfile.js';
export * from './look.js';
export * from './trust.js';
export * from './update.js';
