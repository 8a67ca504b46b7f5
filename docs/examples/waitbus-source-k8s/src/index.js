/**
 * waitbus-source-k8s: what waitbus loads. The definition only; the work starts in start.js, and the
 * Kubernetes client is loaded with it.
 */
import { CONFIG, EVENTS } from './schemas.js';

/** @type {import('@waitbus/plugin-sdk').SourceDefinition<import('./schemas.js').Config>} */
export default {
  name: 'k8s',
  config: CONFIG,
  events: EVENTS,
  async start(ctx) {
    const { start } = await import('./start.js');
    await start(ctx);
  },
};
