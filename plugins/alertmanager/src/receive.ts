/**
 * A request from its headers to its answer: who sent it, what it says, and whether that is stored. The
 * answer is 200 only for what is stored; Alertmanager repeats what was answered with 5xx, and nothing
 * else.
 */
import type { SourceLog } from '@waitbus/plugin-sdk';
import type { WebhookRequest, WebhookResponse } from '@waitbus/plugin-sdk/webhook';
import type { Stored } from './alerts.js';
import { isAuthentic } from './authentic.js';
import { Malformed, readNotification, type Notification } from './notification.js';
import type { Turns } from './turns.js';
import { TooMany } from './watchdogs.js';

export interface ReceiveOptions {
  readonly secret: string;
  readonly log: SourceLog;
  readonly turns: Turns;
  /** Stores it; one call at a time. */
  readonly take: (notification: Notification, now: string) => Promise<Stored>;
}

type Handler = (request: WebhookRequest) => Promise<WebhookResponse>;

export function receiver({ secret, log, turns, take }: ReceiveOptions): Handler {
  const refuse = (path: string, status: number, code: string, message: string) => {
    log.warn(`${path} was answered with ${status}: ${message}`);
    return { status, body: { error: { code, message } } };
  };
  return async (request) => {
    const { path, headers, body } = request;
    if (!isAuthentic(request, secret)) return refuse(path, 401, 'unauthorized', UNAUTHORIZED);
    if (!isJson(headers['content-type'])) {
      return refuse(
        path,
        415,
        'unsupported_media_type',
        'the content-type must be application/json',
      );
    }
    let notification: Notification;
    try {
      notification = readNotification(body);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return refuse(path, 400, 'bad_request', error.message);
    }
    const { problems, truncated } = notification;
    if (truncated > 0) log.warn(`max_alerts of the receiver left ${truncated} alerts out`);
    try {
      const stored = await turns.take(() => take(notification, new Date().toISOString()));
      log.debug(`${path} told of ${notification.alerts.length} alerts`, stored);
      if (problems.length === 0) return { status: 200, body: { ...stored } };
    } catch (error) {
      if (error instanceof TooMany) return refuse(path, 400, 'bad_request', error.message);
      return refuse(path, 503, 'not_stored', `not all is stored: ${String(error)}`);
    }
    return refuse(path, 400, 'bad_request', listed(problems));
  };
}

const UNAUTHORIZED =
  'send the secret as Authorization: Bearer SECRET, or sign the body with it in X-Waitbus-Signature or X-Hub-Signature-256';

const SHOWN = 10;

/** The well-formed alerts beside them are stored all the same. */
function listed(problems: readonly string[]): string {
  const more = problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : '';
  return `${problems.slice(0, SHOWN).join('; ')}${more}`.slice(0, 4000);
}

function isJson(type: string | undefined): boolean {
  return /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type ?? '');
}
