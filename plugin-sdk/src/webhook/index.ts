/** What a source imports for its webhook. The server itself is loaded by `ctx.webhook`. */
export { verifyHmac, type HmacCheck } from './verify-hmac.js';
export type {
  Webhook,
  WebhookOptions,
  WebhookRequest,
  WebhookResponse,
  WebhookRoute,
} from './options.js';
