/** The manifest of a source package: its schema and its reader. */
export * from './read.js';
export * from './schema.js';
