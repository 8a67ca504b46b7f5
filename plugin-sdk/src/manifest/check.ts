/** The checks of what an author wrote: the manifest's schema, and a look at a package with it. */
export * from '../lockfile/observe.js';
export * from './read.js';
export * from './schema.js';
