/** The child's side of the host: what runs inside a source's process. */
export { SourceRunner, type Channel } from './run-source.js';
