/**
 * One delivery of a webhook: from the request to what it is. Pure. The signature is checked over the
 * bytes as they came, before anything of them is parsed.
 */
import { createHash } from 'node:crypto';
import { parseJson, type Json, type SourceEvent } from '@waitbus/plugin-sdk';
import { verifyHmac, type WebhookRequest } from '@waitbus/plugin-sdk/webhook';
import type { Members } from './events/members.js';
import { problemOf } from './events/problem.js';
import { repositoryOf } from './events/repository.js';
import { toEvent } from './events/to-event.js';

export type Delivery =
  | { readonly kind: 'event'; readonly event: SourceEvent }
  | { readonly kind: 'ping' }
  /** A kind that makes no event. */
  | { readonly kind: 'ignored'; readonly name: string }
  | { readonly kind: 'refused'; readonly status: 400 | 401; readonly reason: string };

type Received = Pick<WebhookRequest, 'headers' | 'body'>;

export function readDelivery({ headers, body }: Received, secret: string): Delivery {
  if (!verifyHmac({ secret, body, header: headers['x-hub-signature-256'] })) {
    return refused(401, 'X-Hub-Signature-256 is missing or does not match the secret');
  }
  const name = headers['x-github-event'] ?? '';
  if (name === '') return refused(400, 'there is no X-GitHub-Event');
  if (name === 'ping') return { kind: 'ping' };
  let parsed: unknown;
  try {
    parsed = parseBody(body, headers['content-type'] ?? '');
  } catch {
    return refused(400, NOT_JSON);
  }
  const problem = problemOf(name, parsed);
  if (problem !== null) return refused(400, problem);
  const payload = parsed as Members;
  const event = toEvent(name, payload, {
    repository: repositoryOf(payload),
    delivery_id: deliveryId(body),
    ingest_method: 'webhook',
    payload:
      body.length > MOST_OF_A_PAYLOAD
        ? { omitted: `it has ${body.length} bytes` }
        : (payload as Json),
  });
  return event === null ? { kind: 'ignored', name: name.slice(0, 64) } : { kind: 'event', event };
}

/** An event holds 10 MiB; as JSON of ours the same body is hardly longer. */
const MOST_OF_A_PAYLOAD = 9 * 1024 * 1024;
const NOT_JSON = 'the body is not JSON, nor a form with JSON in its member payload';

/** GitHub sends a form unless its settings say application/json. */
function parseBody(body: Buffer, contentType: string): unknown {
  const text = body.toString('utf8');
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) return parseJson(text);
  return parseJson(new URLSearchParams(text).get('payload') ?? '');
}

/**
 * The content names it, which is what is signed: whoever kept a delivery can send it again under
 * another X-GitHub-Delivery, but a redelivery is never a second event.
 */
function deliveryId(body: Buffer): string {
  return `github:body:${createHash('sha256').update(body).digest('hex')}`;
}

function refused(status: 400 | 401, reason: string): Delivery {
  return { kind: 'refused', status, reason };
}
