/**
 * The client library: `import { emit, waitFor, subscribe } from 'waitbus'`. Loads no native code.
 */
export { attach, type Attachment } from './attach.js';
export { emit, type EmitReceipt, type EmitResult } from './emit.js';
export type { ReachOptions } from './reach.js';
export type { EventFrame, GapFrame, StreamOptions, StreamRequest } from './stream.js';
export { subscribe, type SubscribeOptions } from './subscribe.js';
export { waitFor, WaitTimeoutError, type WaitForOptions } from './wait-for.js';
export { resolvePaths, type Paths } from '../paths.js';
export {
  ERRORS,
  WaitbusError,
  type Envelope,
  type ErrorCode,
  type Fields,
  type Json,
} from '@waitbus/plugin-sdk/envelope';
