/** The source's life: takes its secret, opens its two paths, and keeps watch over watchdogs. */
import type { SourceContext } from '@waitbus/plugin-sdk';
import { Alerts } from './alerts.js';
import { DEFAULT_TIMEOUT_MS, type AlertmanagerConfig } from './config.js';
import { receiver } from './receive.js';
import { Turns } from './turns.js';
import { Watchdogs } from './watchdogs.js';

export const SECRET = 'alertmanager-secret';

export async function startAlertmanager(ctx: SourceContext<AlertmanagerConfig>): Promise<void> {
  const { config, log, state } = ctx;
  const secret = secretOf(ctx);
  if (secret === null) return;
  const turns = new Turns();
  const emit = ctx.emit.bind(ctx);
  const { timeout } = config.watchdog;
  const watchdogs = new Watchdogs(ctx, {
    timeoutMs: timeout ?? DEFAULT_TIMEOUT_MS,
    expected: timeout !== undefined,
    turns,
  });
  const alerts = new Alerts(emit, state);
  const common = { secret, log, turns };
  const { url } = await ctx.webhook({
    port: config.port,
    hosts: config.hosts,
    setting: 'sources.alertmanager.port',
    remedies: { 401: REFUSED },
    routes: [
      {
        path: '/alertmanager',
        handler: receiver({ ...common, take: (given, now) => alerts.take(given, now) }),
      },
      {
        path: '/watchdog',
        handler: receiver({ ...common, take: (given, now) => watchdogs.take(given, now) }),
      },
    ],
  });
  const describe = () =>
    ctx.describe(`webhook on ${url}/alertmanager and /watchdog; watchdogs: ${watchdogs.summary}`);
  watchdogs.start(new Date().toISOString(), describe);
  describe();
  log.info('the webhook is open', { url });
  ctx.ready();
}

/**
 * Anybody on this machine could post alerts otherwise, so without one it does not listen.
 * @returns null when it was not granted, and the source has failed
 */
function secretOf(ctx: SourceContext<AlertmanagerConfig>): string | null {
  try {
    return ctx.secret(SECRET);
  } catch (error) {
    ctx.fail(error as Error, REMEDY);
    return null;
  }
}

/** The sender's secret is another. */
const REFUSED = `give Alertmanager the value of ${SECRET}; waitbus secret set ${SECRET} sets it`;

/** What it prints belongs into `credentials` of Alertmanager's receivers. */
const REMEDY = `SECRET=$(head -c 24 /dev/urandom | base64) && printf %s "$SECRET" | waitbus secret set ${SECRET} --for alertmanager && echo "$SECRET"`;
