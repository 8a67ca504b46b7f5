/**
 * The vendors' own CLIs: how one turn of each is run without a terminal, and where in its output the
 * answer is. They run with the user's login and settings. Pure.
 */
import { objectAt, objectsIn, type JsonObject } from '../ledger/output.js';

export interface RealProgram {
  readonly title: string;
  readonly args: (prompt: string) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the model said; empty when it said nothing. */
  readonly answer: (output: string) => string;
}

export const REAL = {
  claude: {
    title: 'Claude Code',
    // The stream begins with `init`, which alone tells who pays.
    args: (prompt) => ['-p', prompt, '--output-format', 'stream-json', '--verbose'],
    env: {},
    answer: (output) => textOf(last(output, ({ type }) => type === 'result')['result']),
  },
  codex: {
    title: 'Codex',
    args: (prompt) => ['exec', '--json', '--skip-git-repo-check', '--sandbox', 'read-only', prompt],
    env: {},
    answer: (output) => {
      const isMessage = (object: JsonObject) =>
        object['type'] === 'item.completed' && objectAt(object, 'item')['type'] === 'agent_message';
      return textOf(objectAt(last(output, isMessage), 'item')['text']);
    },
  },
  gemini: {
    title: 'Gemini CLI',
    args: (prompt) => ['-p', prompt, '-o', 'json', '--skip-trust'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    answer: (output) => textOf(last(output, (object) => 'response' in object)['response']),
  },
  opencode: {
    title: 'opencode',
    args: (prompt) => ['run', '--format', 'json', prompt],
    env: {},
    answer: (output) =>
      objectsIn(output)
        .filter(({ type }) => type === 'text')
        .map((object) => textOf(objectAt(object, 'part')['text']))
        .join(''),
  },
  copilot: {
    title: 'Copilot CLI',
    // It asks for leave at a terminal otherwise; it is given an empty directory and asked for a word.
    args: (prompt) => [
      '-p',
      prompt,
      '--allow-all-tools',
      '--trust-folder',
      '--output-format',
      'json',
    ],
    env: {},
    answer: (output) => {
      const isAnswer = ({ type }: JsonObject) => type === 'assistant.message';
      return textOf(objectAt(last(output, isAnswer), 'data')['content']);
    },
  },
} as const satisfies Readonly<Record<string, RealProgram>>;

export type RealName = keyof typeof REAL;

export function isReal(name: string): name is RealName {
  return Object.hasOwn(REAL, name);
}

/** Asks for one word, and tells of the event only what is ours to tell: its id. */
export function promptFor(eventId: string): string {
  return `Use no tools. Another agent on this machine has finished its turn (event ${eventId}). Answer with exactly these two words: heard ${eventId}`;
}

function last(output: string, which: (object: JsonObject) => boolean): JsonObject {
  return objectsIn(output).findLast(which) ?? {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
