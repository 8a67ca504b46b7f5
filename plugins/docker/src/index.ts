/**
 * waitbus-source-docker: a container ended, with its exit code. Only the definition; `start.ts` does
 * the work.
 */
import { defineSource } from '@waitbus/plugin-sdk';
import { CONFIG, startDocker, type DockerConfig } from './start.js';
import { EVENTS } from './to-event.js';

export default defineSource<DockerConfig>({
  name: 'docker',
  config: CONFIG,
  events: EVENTS,
  start: (ctx) => startDocker(ctx),
});
