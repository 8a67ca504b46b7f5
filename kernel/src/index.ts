/** The kernel's public face. */
export * from './bus/interest.js';
export {
  EVERYTHING,
  type Sink,
  type Subscription,
  type SubscriptionRequest,
} from './bus/subscription.js';
export * from './kernel.js';
export { releaseStartupPages } from './os/startup-pages.js';
export { encodeFrame, FrameDecoder, parseFrame } from './socket/frame.js';
export type { Request } from './socket/connection.js';
export { type Durability } from './store/open.js';
export { type RetentionLimits } from './store/retention.js';
export { type EmitResult } from './store/append.js';
