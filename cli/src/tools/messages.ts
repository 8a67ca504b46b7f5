/** The tools of talk between agents: `send`, `ask`, `reply`, `inbox`. */
import * as z from 'zod';
import { inbox, send } from '../client/inbox.js';
import { reply } from '../client/reply.js';
import { request } from '../client/request.js';
import { WaitTimeoutError } from '../client/wait-for.js';
import type { EventFrame } from '../client/stream.js';
import { outcomeOf, stored } from './emit.js';
import { DEFAULT_SLICE_MS } from './slice.js';
import {
  callText,
  defineTool,
  eventHead,
  fenced,
  headOf,
  said,
  speaker,
  type ToolOptions,
} from './tool.js';

const name = z.string().describe('The name of an agent, such as reviewer or claude:5f3c.');
const as = name.optional().describe('Who you are. Default: the name that was set for you.');
const body = z.string().describe('Text, at most 1 MiB; put more into a file and send its path.');
const thread = z.string().optional().describe('Groups messages.');

export function sendTool(options: ToolOptions) {
  return defineTool({
    name: 'send',
    title: 'Send a message',
    description:
      'Sends a message to another agent, which finds it in its inbox, now or when it comes back.',
    input: z.strictObject({ to: name, body, thread, as }),
    output: stored,
    run: async ({ as: given, ...message }) =>
      outcomeOf(await send({ ...options, ...message, from: speaker(given, options) })),
  });
}

const HOUR_S = 3600;

export function askTool(options: ToolOptions) {
  return defineTool({
    name: 'ask',
    title: 'Ask an agent',
    description:
      'Asks another agent and blocks until it answers. Outcome pending: not yet; call wait with exactly the arguments in next. Do not ask again.',
    input: z.strictObject({
      to: name,
      body,
      thread,
      as,
      timeout_s: z.number().positive().max(86_400).default(HOUR_S).describe('Seconds, in all.'),
    }),
    output: z.object({
      outcome: z.enum(['answered', 'failed', 'pending', 'timeout']),
      question: z.string().nullable().describe('Its event_id; null: it is not stored.'),
      present: z.boolean().describe('An agent of this name is connected at this moment.'),
      said,
      next: z
        .record(z.string(), z.unknown())
        .nullable()
        .describe('With pending: the arguments of the call of wait that goes on.'),
    }),
    run: async ({ to, body: text, thread: group, as: given, timeout_s }, call) => {
      const from = speaker(given, options);
      const sliceMs = Math.min(
        timeout_s * 1000,
        call.sliceMs ?? options.sliceMs ?? DEFAULT_SLICE_MS,
      );
      let asked: { eventId: string; present: boolean } | null = null;
      let answer: EventFrame | null = null;
      try {
        answer = await request({
          ...options,
          to,
          from,
          body: text,
          thread: group,
          timeout: sliceMs,
          expires: timeout_s * 1000,
          ...(call.signal === undefined ? {} : { signal: call.signal }),
          onAsked: (stored) => {
            asked = stored;
            call.onArmed?.();
          },
        });
      } catch (error) {
        // The question stands: its answer can still be waited for.
        if (!(error instanceof WaitTimeoutError) || asked === null) throw error;
      }
      const { eventId, present } = asked as unknown as { eventId: string; present: boolean };
      const known = { question: eventId, present };
      if (answer !== null) {
        const failed = answer.fields['conclusion'] === 'failure';
        const shown = fenced(`${to} ${failed ? 'cannot answer' : 'answers'}:`, [answer], options);
        const outcome = failed ? ('failed' as const) : ('answered' as const);
        return { text: shown.text, data: { ...known, outcome, said: shown.said, next: null } };
      }
      const left = timeout_s - sliceMs / 1000;
      const there = present ? '' : ` Nobody of this name is connected.`;
      if (left <= 0) {
        const line = `timeout: no answer of ${to}.${there}`;
        return {
          text: line,
          data: { ...known, outcome: 'timeout' as const, said: '', next: null },
        };
      }
      const next = {
        source: 'agent',
        match: [`fields.msg_reply_to="${eventId}"`, `fields.msg_to="${from}"`],
        since: eventId,
        timeout_s: Math.max(1, Math.round(left)),
      };
      const line = `pending: no answer of ${to} yet.${there} To go on, call ${callText('wait', next)}`;
      return { text: line, data: { ...known, outcome: 'pending' as const, said: '', next } };
    },
  });
}

export function replyTool(options: ToolOptions) {
  return defineTool({
    name: 'reply',
    title: 'Answer a message',
    description: 'Answers a message or a question that came in the inbox or by wait.',
    input: z.strictObject({
      id: z.string().describe('The event_id of the message.'),
      body,
      failed: z.boolean().default(false).describe('You cannot do or say what was asked.'),
      as,
    }),
    output: stored.extend({ late: z.boolean().describe('Who asked has stopped waiting.') }),
    run: async ({ id, body: text, failed, as: given }) => {
      const from =
        given === undefined && options.as === undefined ? undefined : speaker(given, options);
      const { receipt, late } = await reply({ ...options, id, body: text, from, failed });
      const { data, text: line } = outcomeOf(receipt);
      const note = late ? '; who asked has stopped waiting, and finds it in the inbox' : '';
      return { text: `${line}${note}`, data: { ...data, late } };
    },
  });
}

export function inboxTool(options: ToolOptions) {
  return defineTool({
    name: 'inbox',
    title: 'Read your messages',
    description:
      'The messages that are new since you last looked, or with since those of some time. Does not wait; to wait for one, call wait with {"source":"agent","match":["fields.msg_to=\\"YOUR NAME\\""]}.',
    input: z.strictObject({
      as,
      since: z.string().optional().describe('Looks back: an event_id, 10m, or start.'),
      peek: z.boolean().default(false).describe('They stay new.'),
      limit: z.int().min(1).max(100).default(20).describe('At most so many; the others stay new.'),
    }),
    output: z.object({
      messages: z.array(eventHead.extend({ asks: z.boolean() })).describe('The oldest first.'),
      said,
      more: z.boolean().describe('There are others; call again.'),
    }),
    run: async ({ as: given, since, peek, limit }, { signal }) => {
      const found: EventFrame[] = [];
      let more = false;
      const own = { as: speaker(given, options), since, peek, ...(signal ? { signal } : {}) };
      for await (const frame of inbox({ ...options, ...own })) {
        // The cursor has passed the one before: this one stays new.
        if (found.length === limit) {
          more = true;
          break;
        }
        found.push(frame);
      }
      signal?.throwIfAborted();
      const head = found.length === 0 ? 'nothing new' : `${found.length} messages`;
      const shown = fenced(`${head}${more ? '; there are more, call again' : ''}`, found, options);
      const asks = ({ fields }: EventFrame) =>
        fields['msg_correlation_id'] !== undefined && fields['msg_reply_to'] === undefined;
      return {
        text: shown.text,
        data: {
          messages: found.map((frame) => ({ ...headOf(frame), asks: asks(frame) })),
          said: shown.said,
          more,
        },
      };
    },
  });
}
