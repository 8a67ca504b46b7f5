/** The tool `wait`: blocks until something happens, in slices between which nothing is lost. */
import * as z from 'zod';
import { parseClause, type WaitSpec } from '../client/wait-state.js';
import { waitSlice, type Slice } from './slice.js';
import { callText, defineTool, eventHead, fenced, headOf, said, type ToolOptions } from './tool.js';

const HOUR_S = 3600;
const DAY_S = 86_400;

const predicates = z
  .array(z.string().min(1))
  .describe('Predicates that must all hold, such as fields.conclusion="failure".');
const clauses = z.array(z.string().min(1)).max(16);

const input = z
  .strictObject({
    source: z
      .string()
      .optional()
      .describe('Only of this source: github, pytest, docker, fs, alertmanager, agent, ...'),
    match: predicates.optional(),
    first_of: clauses
      .optional()
      .describe(
        'In place of source and match: source:predicate clauses, the first event of any; a clause may hold several predicates: agent: event_type="agent_failed" fields.msg_from="alice".',
      ),
    all_of: clauses
      .optional()
      .describe('In place of source and match: such clauses, one event of each.'),
    count: z.int().min(1).max(1000).default(1).describe('Ends on the N-th matching event.'),
    since: z
      .string()
      .optional()
      .describe('Counts what happened since: an event_id, a duration ago such as 10m, or start.'),
    verdict: z
      .boolean()
      .optional()
      .describe('false: any event of github too, not only one that ends a run with a verdict.'),
    timeout_s: z.number().positive().max(DAY_S).default(HOUR_S).describe('Seconds, in all.'),
  })
  .refine(({ first_of, all_of }) => first_of === undefined || all_of === undefined, {
    message: 'first_of and all_of exclude each other',
  })
  .refine(({ source, match, first_of, all_of }) => {
    return (source ?? match) === undefined || (first_of ?? all_of) === undefined;
  }, 'source and match go into the clauses of first_of and all_of');

type Input = z.output<typeof input>;

const output = z.object({
  outcome: z.enum(['matched', 'pending', 'timeout', 'lagged']),
  events: z.array(eventHead).describe('What matched, the oldest first.'),
  said,
  cursor: z.string().describe('Give it as since to go on without missing anything.'),
  outstanding: z.array(z.string()).describe('What was still waited for.'),
  warnings: z
    .int()
    .describe('How many reasons sources have why nothing can match as things are; said has them.'),
  next: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('With pending: the arguments of the call of wait that goes on.'),
});

const DESCRIPTION = `Blocks until an event on this machine matches: a CI run, a test, a container, a file, or another agent finished, failed or said something. Use it instead of polling or sleeping. Example: {"source":"agent","match":["fields.event_type=\\"agent_finished\\"","fields.msg_from=\\"builder\\""]}. Outcome matched: it happened. pending: it has not happened yet; call wait again with exactly the arguments in next, nothing is lost between. timeout: the time was up. lagged: events that you had not seen were removed from the log; go on from cursor.`;

export function waitTool(options: ToolOptions) {
  return defineTool({
    name: 'wait',
    title: 'Wait for an event',
    description: DESCRIPTION,
    readOnly: true,
    input,
    output,
    run: async (args, call) => {
      const { since, timeout_s } = args;
      const asked = { goal: goalOf(args), since, timeoutMs: timeout_s * 1000 };
      const slice = await waitSlice(asked, options, call);
      const next = slice.outcome === 'pending' ? nextCall(args, slice) : null;
      const outcome =
        slice.gap && slice.outcome !== 'matched' ? ('lagged' as const) : slice.outcome;
      const { warnings } = slice;
      const shown = fenced(headLine(slice, outcome, next), slice.events, options, warnings);
      return {
        text: shown.text,
        data: {
          outcome,
          events: slice.events.map(headOf),
          said: shown.said,
          cursor: slice.cursor,
          outstanding: [...slice.outstanding],
          warnings: warnings.length,
          next,
        },
      };
    },
  });
}

/** A source whose events are verdicts is waited for until one has ended, as by the command. */
function goalOf({ source, match = [], first_of, all_of, count, verdict }: Input): WaitSpec {
  const judged = verdict !== false;
  if (all_of !== undefined) return { mode: 'all', clauses: all_of.map(parseClause), count, judged };
  if (first_of !== undefined) {
    return { mode: 'first', clauses: first_of.map(parseClause), count, judged };
  }
  const named = source === undefined ? [] : [`source ${source}`];
  const text = [...named, ...match].join(' and ') || 'any event';
  const clauses = [{ text, source: source ?? null, predicates: match }];
  return { mode: 'first', clauses, count, judged };
}

/** What is left of a wait after a slice of it: fewer events, fewer clauses, less time. */
function nextCall(args: Input, slice: Slice): Record<string, unknown> {
  const { source, match, first_of, all_of, count, verdict } = args;
  return {
    ...(source === undefined ? {} : { source }),
    ...(match === undefined ? {} : { match }),
    ...(first_of === undefined ? {} : { first_of }),
    ...(all_of === undefined ? {} : { all_of: [...slice.outstanding] }),
    ...(all_of === undefined && count > 1 ? { count: count - slice.events.length } : {}),
    ...(verdict === undefined ? {} : { verdict }),
    since: slice.cursor,
    timeout_s: Math.max(1, Math.round(slice.remainingMs / 1000)),
  };
}

function headLine(slice: Slice, outcome: string, next: object | null): string {
  const waiting = slice.outstanding.join(', ');
  const seen = slice.events.length === 0 ? 'nothing yet' : `${slice.events.length} so far`;
  const gap = slice.gap ? ' Events that were not looked at were removed from the log.' : '';
  const warned =
    slice.warnings.length === 0 ? '' : ' Nothing can come as things are: why stands below.';
  if (slice.outcome === 'matched') return `matched.${gap} cursor: ${slice.cursor}`;
  if (next !== null)
    return `${outcome}: ${seen}, still waiting for ${waiting}.${gap}${warned} To go on, call ${callText('wait', next)}`;
  return `${outcome}: ${seen}, waited for ${waiting}.${gap}${warned} cursor: ${slice.cursor}`;
}
