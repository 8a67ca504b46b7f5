/**
 * waitbus-source-github: what happens on GitHub. Only the definition; `start.ts` does the work.
 */
import { defineSource } from '@waitbus/plugin-sdk';
import { CONFIG, type GithubConfig } from './config.js';
import { EVENTS } from './events/to-event.js';
import { startGithub } from './start.js';

export default defineSource<GithubConfig>({
  name: 'github',
  config: CONFIG,
  events: EVENTS,
  start: (ctx) => startGithub(ctx),
});
