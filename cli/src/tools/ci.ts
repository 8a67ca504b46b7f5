/** The tool `query_ci`: the CI verdict of a commit. */
import * as z from 'zod';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { isSha } from '../client/commit-state.js';
import { originRepo } from '../origin-repo.js';
import { absolutePath } from '../working-directory.js';
import { waitSlice } from './slice.js';
import { callText, defineTool, eventHead, fenced, headOf, said, type ToolOptions } from './tool.js';

const FAILED = new Set<unknown>(['failure', 'cancelled', 'timed_out']);

export function queryCiTool(options: ToolOptions) {
  return defineTool({
    name: 'query_ci',
    title: 'Ask for a CI verdict',
    description:
      'The verdict of GitHub Actions on a commit: from the log if it is known, else it blocks until all runs of the commit are over. Outcome pending: call again with exactly the arguments in next.',
    readOnly: true,
    input: z.strictObject({
      sha: z.string().refine(isSha, 'it must be 7 to 40 hex digits'),
      repo: z.string().optional().describe('owner/repo. Default: the origin of the checkout.'),
      workflow: z.string().optional().describe('Only runs of the workflow of this name.'),
      timeout_s: z.number().positive().max(86_400).default(3600).describe('Seconds, in all.'),
    }),
    output: z.object({
      outcome: z.enum(['success', 'failure', 'pending', 'timeout']),
      runs: z
        .array(eventHead.extend({ conclusion: z.string() }))
        .describe('The last event of each.'),
      said,
      next: z.record(z.string(), z.unknown()).nullable(),
    }),
    run: async ({ sha, repo: given, workflow, timeout_s }, call) => {
      const repo = given ?? originRepo(absolutePath(options.cwd));
      if (repo === null) {
        const remedy = 'Give it as repo, such as "owner/name".';
        throw new WaitbusError('WAITBUS_BAD_REQUEST', 'there is no GitHub origin here', remedy);
      }
      const slice = await waitSlice(
        {
          goal: { mode: 'commit', sha, workflow: workflow ?? null },
          since: 'start',
          repo,
          timeoutMs: timeout_s * 1000,
        },
        options,
        call,
      );
      const runs = slice.events.map((event) => {
        const { conclusion } = event.fields;
        return { ...headOf(event), conclusion: typeof conclusion === 'string' ? conclusion : '' };
      });
      const bad = runs.some(({ conclusion }) => FAILED.has(conclusion));
      const outcome =
        slice.outcome !== 'matched'
          ? slice.outcome
          : bad
            ? ('failure' as const)
            : ('success' as const);
      const rest = { sha, repo, ...(workflow === undefined ? {} : { workflow }) };
      const next =
        slice.outcome === 'pending'
          ? { ...rest, timeout_s: Math.max(1, Math.round(slice.remainingMs / 1000)) }
          : null;
      const more = next === null ? '' : `. To go on, call ${callText('query_ci', next)}`;
      const shown = fenced(`${outcome}: ${sha} in ${repo}${more}`, slice.events, options);
      return { text: shown.text, data: { outcome, runs, said: shown.said, next } };
    },
  });
}
