/**
 * @waitbus/plugin-sdk: what an author of a source imports. The schemas and the lockfile format are
 * under their own paths, so that a source does not load them.
 */
export * from './define-source.js';
export * from './description.js';
export * from './envelope/index.js';
export * from './messages.js';
export * from './wait-note.js';
export * from './waiter.js';
