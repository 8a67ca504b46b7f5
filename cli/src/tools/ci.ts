/** The tool `query_ci`: the CI verdict of a commit. */
import * as z from 'zod';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { isSha } from '../client/commit-goal.js';
import { originRepo } from '../origin-repo.js';
import { absolutePath } from '../working-directory.js';
import { waitSlice } from './slice.js';
import { callText, defineTool, eventHead, fenced, headOf, said, type ToolOptions } from './tool.js';

export function queryCiTool(options: ToolOptions) {
  return defineTool({
    name: 'query_ci',
    title: 'Ask for a CI verdict',
    description:
      'The verdict of GitHub Actions on a commit, by what GitHub says now: blocks until a run has failed, or all have passed and nothing has changed for settle_s. Outcome pending: call again with exactly the arguments in next. caveat: GitHub could not be asked, so this is what was known.',
    readOnly: true,
    input: z.strictObject({
      sha: z.string().refine(isSha, 'it must be 7 to 40 hex digits'),
      repo: z.string().optional().describe('owner/repo. Default: the origin of the checkout.'),
      workflow: z
        .string()
        .optional()
        .describe('Only runs of the workflow of this name, or of this file, such as ci.yml.'),
      settle_s: z
        .number()
        .min(0)
        .max(3600)
        .optional()
        .describe(
          'Seconds for which nothing may have changed before a success counts. Default 10.',
        ),
      timeout_s: z.number().positive().max(86_400).default(3600).describe('Seconds, in all.'),
    }),
    output: z.object({
      outcome: z.enum(['success', 'failure', 'pending', 'timeout']),
      runs: z
        .array(eventHead.extend({ conclusion: z.string() }))
        .describe('The last event of each.'),
      caveat: z.boolean().describe('This is not of what GitHub says now; said tells why.'),
      said,
      next: z.record(z.string(), z.unknown()).nullable(),
    }),
    run: async ({ sha, repo: given, workflow, settle_s, timeout_s }, call) => {
      const repo = given ?? originRepo(absolutePath(options.cwd));
      if (repo === null) {
        const remedy = 'Give it as repo, such as "owner/name".';
        throw new WaitbusError('WAITBUS_BAD_REQUEST', 'there is no GitHub origin here', remedy);
      }
      const slice = await waitSlice(
        {
          goal: {
            mode: 'commit',
            sha,
            workflow: workflow ?? null,
            settleMs: settle_s === undefined ? undefined : settle_s * 1000,
          },
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
      const outcome = slice.outcome === 'matched' ? (slice.verdict ?? 'success') : slice.outcome;
      const { caveat } = slice;
      const rest = {
        sha,
        repo,
        ...(workflow === undefined ? {} : { workflow }),
        ...(settle_s === undefined ? {} : { settle_s }),
      };
      const next =
        slice.outcome === 'pending'
          ? { ...rest, timeout_s: Math.max(1, Math.round(slice.remainingMs / 1000)) }
          : null;
      const more = next === null ? '' : `. To go on, call ${callText('query_ci', next)}`;
      const only = caveat === null ? '' : ' (not of all the facts: why stands below)';
      const head = `${outcome}: ${sha} in ${repo}${only}${more}`;
      const shown = fenced(head, slice.events, options, caveat === null ? [] : [caveat]);
      const data = { outcome, runs, caveat: caveat !== null, said: shown.said, next };
      return { text: shown.text, data };
    },
  });
}
