/**
 * The client library: `import { emit, waitFor, subscribe } from 'waitbus'`. Loads no native code.
 */
export { attach, type Attachment } from './attach.js';
export { AGENT_NAME } from './agent-name.js';
export { listAgents, type AgentInfo } from './agents.js';
export { claim, listClaims, type Claim, type ClaimInfo, type ClaimOptions } from './claim.js';
export { emit, type EmitReceipt, type EmitResult } from './emit.js';
export { inbox, send, type InboxOptions, type SendOptions } from './inbox.js';
export { readMessage, type Message } from './message.js';
export { present, type Present } from './present.js';
export type { ReachOptions } from './reach.js';
export { reply, type Replied, type ReplyOptions } from './reply.js';
export { request, type RequestOptions } from './request.js';
export { respond, type Responder, type RespondOptions } from './respond.js';
export type { EventFrame, GapFrame, StreamOptions, StreamRequest } from './stream.js';
export { subscribe, type SubscribeOptions } from './subscribe.js';
export {
  ackWakes,
  listWakes,
  listWatches,
  registerWatch,
  removeWatch,
  takeWakes,
  type Taken,
  type TakeOptions,
  type WakeInfo,
  type WatchInfo,
  type WatchRequest,
} from './watches.js';
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
