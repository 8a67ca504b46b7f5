/** What Node can hold a source to. Shared by the host, which does, and the kit, which tries it. */
export * from './enforcement.js';
