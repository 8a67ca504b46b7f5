/** The harnesses that waitbus knows, by name. */
import { aider } from './aider.js';
import { claude } from './claude.js';
import { cline } from './cline.js';
import { codex } from './codex.js';
import type { Harness, HarnessName } from './contract.js';
import { copilot } from './copilot.js';
import { cursor } from './cursor.js';
import { gemini } from './gemini.js';
import { opencode } from './opencode.js';
import { windsurf } from './windsurf.js';

export * from './contract.js';
export { probesOf, type Probe, type Probes } from './probes.js';
export { sessionName } from './session-report.js';

export const HARNESSES: Readonly<Record<HarnessName, Harness>> = {
  claude,
  codex,
  gemini,
  copilot,
  opencode,
  cursor,
  windsurf,
  cline,
  aider,
};

/** null: there is none of this name. */
export function harnessOf(name: string): Harness | null {
  return Object.hasOwn(HARNESSES, name) ? HARNESSES[name as HarnessName] : null;
}
