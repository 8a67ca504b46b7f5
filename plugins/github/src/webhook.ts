/**
 * The webhook: answers GitHub's deliveries, and emits what they tell. There is none without a secret:
 * anybody on this machine could post to it.
 */
import type { Json, SourceContext, SourceEvent } from '@waitbus/plugin-sdk';
import type { WebhookRequest, WebhookResponse } from '@waitbus/plugin-sdk/webhook';
import type { GithubConfig } from './config.js';
import { readDelivery } from './delivery.js';
import { granted } from './granted.js';
import type { Standing } from './standing.js';

export const WEBHOOK_SECRET = 'github-webhook-secret';
const PATH = '/webhook';
/** GitHub sends no more. */
const BODY_LIMIT = 25 * 1024 * 1024;

export interface WebhookParts {
  readonly standing: Standing;
  /** Resolves once it is committed; false for one that was there already. */
  readonly emit: (event: SourceEvent) => Promise<boolean>;
  /** A webhook told of this event. */
  readonly heard: (event: SourceEvent) => void;
}

/**
 * Opens it, when the user granted a secret. When its port is taken, the source fails.
 * @returns whether there is one
 */
export async function openWebhook(
  ctx: SourceContext<GithubConfig>,
  parts: WebhookParts,
): Promise<boolean> {
  const secret = granted((name) => ctx.secret(name), WEBHOOK_SECRET);
  if (secret.value === null) {
    parts.standing.say('webhook', `no webhook without a secret: ${secret.remedy}`);
    return false;
  }
  const { value } = secret;
  const { port, hosts } = ctx.config.webhook;
  const { url } = await ctx.webhook({
    port,
    hosts,
    setting: 'sources.github.webhook.port',
    bodyLimit: BODY_LIMIT,
    remedies: { 401: `GitHub has another secret; waitbus secret set ${WEBHOOK_SECRET} sets ours` },
    routes: [{ path: PATH, handler: (request) => answer(request, value, ctx, parts) }],
  });
  parts.standing.say('webhook', `webhook on ${url}${PATH}`);
  return true;
}

async function answer(
  request: WebhookRequest,
  secret: string,
  { log }: Pick<SourceContext, 'log'>,
  { standing, emit, heard }: WebhookParts,
): Promise<WebhookResponse> {
  const delivery = readDelivery(request, secret);
  switch (delivery.kind) {
    case 'refused':
      log.warn(`a delivery was refused: ${delivery.reason}`);
      return refusal(delivery.status, delivery.reason);
    case 'ping':
      log.info('GitHub pinged the webhook');
      return { status: 200, body: { pong: true } };
    case 'ignored':
      standing.ignored(delivery.name);
      log.info(`ignored a delivery of ${delivery.name}`);
      return { status: 200, body: { ignored: delivery.name } };
    case 'event':
      break;
  }
  const { event } = delivery;
  try {
    const inserted = await emit(event);
    heard(event);
    return { status: 200, body: { delivery_id: event.delivery_id as Json, inserted } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`${event.summary}: ${reason}`);
    return refusal(503, reason);
  }
}

function refusal(status: number, message: string): WebhookResponse {
  return {
    status,
    body: { error: { code: status === 401 ? 'unauthorized' : 'refused', message } },
  };
}
