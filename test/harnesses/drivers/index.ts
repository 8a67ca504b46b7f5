/** The drivers by the name of the harness. */
import type { RealHarness } from '../versions.js';
import { claude } from './claude.js';
import { codex } from './codex.js';
import { copilot } from './copilot.js';
import type { Driver } from './driver.js';
import { gemini } from './gemini.js';
import { opencode } from './opencode.js';

export const DRIVERS: Readonly<Record<RealHarness, Driver>> = {
  claude,
  codex,
  gemini,
  opencode,
  copilot,
};
