/** The shape of the plug: all that the kernel knows of the contract. */
export * from './envelope.js';
export * from './errors.js';
export * from './frame.js';
export * from './is-object.js';
export * from './json.js';
export * from './json-fault.js';
export * from './plain-text.js';
export * from './json-parts.js';
export * from './json-scan.js';
export * from './json-text.js';
export { isoTime } from './received-at.js';
export * from './shell-word.js';
export * from './vocabulary.js';
export * from './waitbus-error.js';
