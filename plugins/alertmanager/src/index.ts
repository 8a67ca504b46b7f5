/**
 * waitbus-source-alertmanager: alerts that fire and are resolved, and dead man's switches. Only the
 * definition; `start.ts` does the work.
 */
import { defineSource } from '@waitbus/plugin-sdk';
import { CONFIG, type AlertmanagerConfig } from './config.js';
import { EVENTS } from './events.js';
import { startAlertmanager } from './start.js';

export default defineSource<AlertmanagerConfig>({
  name: 'alertmanager',
  config: CONFIG,
  events: EVENTS,
  start: (ctx) => startAlertmanager(ctx),
});
