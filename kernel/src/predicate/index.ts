/** Predicates: parse, tree, compile. Pure, and free of native code, so that clients use it too. */
export * from './ast.js';
export * from './compile.js';
export * from './format.js';
export * from './parse.js';
export { splitSpecs } from './scan.js';
