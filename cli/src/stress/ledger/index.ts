/** The ledger: its form, and the reader of each program's own accounting. */
import { readAiSdk } from './ai-sdk.js';
import { readClaude } from './claude.js';
import { readCodex } from './codex.js';
import { readCopilot } from './copilot.js';
import { readGemini } from './gemini.js';
import type { Usage } from './ledger.js';
import { readOpencode } from './opencode.js';

export * from './ledger.js';

/** From what a program printed; null when it holds no accounting. */
export type Reader = (output: string) => Usage | null;

export const READERS = {
  claude: readClaude,
  codex: readCodex,
  gemini: readGemini,
  opencode: readOpencode,
  copilot: readCopilot,
  'ai-sdk': readAiSdk,
} as const satisfies Readonly<Record<string, Reader>>;
