/**
 * What a model was really given of the bus: the events that stand fenced in a request, in order, and
 * whether a hook or a tool brought each; and what the tool `wait` answered. Pure.
 */
import { object, parsed, text } from '../json.js';
import type { CallArgs, Said, Turn } from '../model/scenario.js';

export interface Sight {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  /** Empty for a death. */
  readonly phase: string;
  readonly round: number;
  readonly by: 'hook' | 'tool';
}

/** What `wait` answered. */
export interface Waited {
  readonly outcome: string;
  readonly said: string;
  /** The arguments of the call that goes on. */
  readonly next: CallArgs | null;
}

/** One that is told twice is in it twice. */
export function sightsIn(turn: Turn): readonly Sight[] {
  return turn.said.flatMap((one) => {
    if (one.by === 'model') return [];
    const by = one.by === 'tool' ? 'tool' : 'hook';
    return fencedIn(textOf(one)).map((event) => ({ ...event, by }) as const);
  });
}

/** What tools answered, in order. */
export function answersIn(turn: Turn): readonly string[] {
  return turn.said.filter(({ by }) => by === 'tool').map((one) => one.text);
}

/** @returns null for an answer of another tool, or an error */
export function waitedIn(answer: string): Waited | null {
  // Claude Code and Codex give the structured result in place of the text, Copilot CLI after it.
  const at = answer.indexOf('{"outcome"');
  if (at >= 0) {
    const { outcome, said, next } = object(parsed(answer.slice(at)));
    return { outcome: text(outcome), said: text(said), next: argsOf(next) };
  }
  const outcome = /^(matched|pending|timeout|lagged)[.:]/m.exec(answer)?.[1];
  if (outcome === undefined) return null;
  const next = /call wait\((\{.*\})\)$/m.exec(answer)?.[1];
  return { outcome, said: answer, next: next === undefined ? null : argsOf(parsed(next)) };
}

function argsOf(value: unknown): CallArgs | null {
  return value === null || value === undefined ? null : (object(value) as CallArgs);
}

function textOf(one: Said): string {
  return one.by === 'tool' ? (waitedIn(one.text)?.said ?? one.text) : one.text;
}

/** Codex escapes the brackets around the mark. */
function fencedIn(all: string): Omit<Sight, 'by'>[] {
  return [...all.matchAll(/waitbus-data ([0-9a-f]{16})\n(.*?)\nwaitbus-data \1/gs)].flatMap(
    ([, , body = '']) => body.split(/\n(?=\[)/).flatMap(eventIn),
  );
}

function eventIn(block: string): Omit<Sight, 'by'>[] {
  const head = /^\[([0-9A-Z]{26})\] \S+ (\S+?)(?:, from agent (\S+?))?: /.exec(block);
  if (head === null) return [];
  const [, id = '', type = '', from = ''] = head;
  const phase = /^ {2}phase = (.*)$/m.exec(block)?.[1] ?? '';
  const round = Number(/^ {2}round = (\d+)$/m.exec(block)?.[1] ?? 0);
  return [{ id, type, from, phase, round }];
}
