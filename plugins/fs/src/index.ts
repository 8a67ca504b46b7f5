/**
 * waitbus-source-fs: a file was saved, completely. Only the definition; `start.ts` does the work.
 */
import { defineSource } from '@waitbus/plugin-sdk';
import { CONFIG, startFs, type FsConfig } from './start.js';
import { EVENTS } from './to-event.js';

export default defineSource<FsConfig>({
  name: 'fs',
  config: CONFIG,
  events: EVENTS,
  start: (ctx) => startFs(ctx),
});
