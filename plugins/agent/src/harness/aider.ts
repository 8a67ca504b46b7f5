/**
 * Aider. It has no hooks: one command of its own when it wants its user, without a word of why. That
 * is said as agent_waiting. Its tests are wrapped with `waitbus run`.
 */
import { posix } from 'node:path';
import type { Edit, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { shellCommand } from './hook-plan.js';
import { fingerprint, SessionReport } from './session-report.js';

export const aider: Harness = {
  name: 'aider',
  title: 'Aider',
  signs: { programs: ['aider'], directories: ['.aider'] },
  input: 'none',
  plan,
  report,
  wake: () => null,
  inform: () => null,
  notes: [
    "To hear of its tests, wrap them: aider --test-cmd 'waitbus run --name aider-tests -- npm test'.",
    'Aider says only that it waits for you, at the end of a turn as at a question, and cannot be woken.',
  ],
};

/** Its configuration is YAML, which we only write where there is none. */
function plan(context: PlanContext): Edit[] {
  const { scope, home, project } = context;
  const command = shellCommand(context, 'hook', 'aider', 'waiting');
  return [
    {
      kind: 'file',
      file: `${scope === 'user' ? home : project}/.aider.conf.yml`,
      content: `notifications: true\nnotifications-command: ${JSON.stringify(command)}\n`,
    },
  ];
}

/** No session has an id here: it is the directory, of which one aider works in at a time. */
function report({ args: [event], cwd }: HookInput): HookReport | null {
  if (event !== 'waiting') return null;
  const place = posix.basename(cwd).slice(0, 40) || 'root';
  const session = new SessionReport('aider', `${place}-${fingerprint(cwd)}`, cwd);
  return session.of([session.waiting('input', undefined)]);
}
