/** The source's life: takes its secret, opens its two paths, and keeps watch over watchdogs. */
import { WaitbusError, type SourceContext } from '@waitbus/plugin-sdk';
import { Alerts } from './alerts.js';
import { DEFAULT_TIMEOUT_MS, type AlertmanagerConfig } from './config.js';
import { receiver } from './receive.js';
import { Turns } from './turns.js';
import { Watchdogs } from './watchdogs.js';

export const SECRET = 'alertmanager-secret';

export async function startAlertmanager(ctx: SourceContext<AlertmanagerConfig>): Promise<void> {
  const { config, log, state } = ctx;
  const secret = secretOf(ctx);
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
  watchdogs.start(new Date().toISOString());
  log.info('the webhook is open', { url });
  ctx.ready();
}

/** Anybody on this machine could post alerts otherwise, so without one it does not listen. */
function secretOf(ctx: SourceContext<AlertmanagerConfig>): string {
  try {
    return ctx.secret(SECRET);
  } catch (error) {
    if (!(error instanceof WaitbusError)) throw error;
    throw new WaitbusError('WAITBUS_BAD_SECRET', error.message, REMEDY);
  }
}

/** What it prints belongs into `credentials` of Alertmanager's receiver. */
const REMEDY = `SECRET=$(openssl rand -hex 32) && printf %s "$SECRET" | waitbus secret set ${SECRET} --for alertmanager && echo "$SECRET"`;
