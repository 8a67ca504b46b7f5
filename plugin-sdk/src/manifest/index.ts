/** The manifest of a source package, without the schema that checks it (`./check`). */
export * from './consent.js';
export * from './entry.js';
export * from './names.js';
