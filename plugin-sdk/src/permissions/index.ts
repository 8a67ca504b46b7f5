/** What a source may do, as options of the Node that runs it. Shared by the host and the kit. */
export * from './flags.js';
