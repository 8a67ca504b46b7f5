/**
 * What the fake model is asked, in one shape for all vendors, and what it does then. A scenario is a
 * pure function: everything that it may go by is in the request; only when it answers may be another's.
 */
import type { Json } from '../json.js';
import type { Usage } from './usage.js';

export type Family = 'anthropic' | 'responses' | 'chat' | 'gemini';

/** One thing that was said before: by the user, by the model, or by a tool. */
export interface Said {
  readonly by: 'system' | 'user' | 'model' | 'tool';
  readonly text: string;
  /** The tools that the model called in it. */
  readonly calls: readonly string[];
}

export interface Turn {
  /** Whose request it is: the first segment of the path. */
  readonly agent: string;
  readonly family: Family;
  readonly model: string;
  /** The names of the tools as the harness offers them; none for a request besides the turn. */
  readonly tools: readonly string[];
  readonly said: readonly Said[];
  readonly isStream: boolean;
}

export type CallArgs = Readonly<Record<string, Json>>;

export type Step =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'call'; readonly tool: string; readonly args: CallArgs }
  /** Begins to answer and never goes on, so that the harness can be killed in mid-turn. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'fail'; readonly status: number };

/** A model that takes its time answers with a promise. */
export type Scenario = (turn: Turn) => Step | Promise<Step>;

/** What one vendor's protocol does with a request and with a step. Pure. */
export interface Protocol {
  readonly family: Family;
  turn(agent: string, path: string, body: unknown): Turn;
  /** The answer to a request that is not a stream. */
  whole(answer: Answer): unknown;
  /** The frames of a stream, in order; `hang` ends after the first. */
  frames(answer: Answer): readonly string[];
  error(status: number): unknown;
}

export interface Answer {
  readonly id: string;
  readonly turn: Turn;
  readonly step: Exclude<Step, { kind: 'fail' }>;
  readonly usage: Usage;
}

/** @returns what tools answered since the user spoke last */
export function answersOf(turn: Turn): readonly string[] {
  const from = turn.said.findLastIndex((one) => one.by === 'user');
  return turn.said
    .slice(from + 1)
    .filter((one) => one.by === 'tool')
    .map((one) => one.text);
}

/** @returns the name under which this harness offers a tool, however it prefixes the server's */
export function toolNamed(turn: Turn, name: string): string | null {
  return (
    turn.tools.find((tool) => tool === name || new RegExp(`[_.:/-]${name}$`).test(tool)) ?? null
  );
}

/** Behind it Codex keeps the tools of MCP servers. */
export const SEARCH = 'tool_search';
/** On a busy machine the first one did not always find ours. */
const MOST_SEARCHES = 200;

export function searchesIn(turn: Turn): number {
  return turn.said.filter(({ calls }) => calls.includes(SEARCH)).length;
}

/**
 * Calls a tool; where the harness keeps it behind a search, searches first, again if need be.
 * @returns null when it is not to be had
 */
export function callOf(turn: Turn, name: string, args: CallArgs): Step | null {
  const tool = toolNamed(turn, name);
  if (tool !== null) return { kind: 'call', tool, args };
  if (!turn.tools.includes(SEARCH) || searchesIn(turn) >= MOST_SEARCHES) return null;
  return { kind: 'call', tool: SEARCH, args: { query: 'waitbus wait emit event', limit: 20 } };
}

/** @returns all that the model is given, as one text to search */
export function allOf(turn: Turn): string {
  return turn.said.map((one) => one.text).join('\n');
}

/** @returns the name under which a session's hook introduced it */
export function nameIn(turn: Turn): string | null {
  return /this session is ([a-z]+:[A-Za-z0-9_-]+)/.exec(allOf(turn))?.[1] ?? null;
}
