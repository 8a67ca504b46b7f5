/**
 * Windsurf. Hooks of Cascade, which tell and cannot be woken: its stop is heard, and that is all.
 * From the vendor's documents; not measured.
 */
import type { Edit, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { hookCommand, mcpServer } from './hook-plan.js';
import { absolute, bodyOf, cwdOf, object, text } from './input.js';
import { SessionReport } from './session-report.js';

const HOOKS = ['post_cascade_response', 'post_write_code'] as const;

export const windsurf: Harness = {
  name: 'windsurf',
  title: 'Windsurf',
  signs: { programs: ['windsurf'], directories: ['.codeium/windsurf'] },
  input: 'stdin',
  plan,
  report,
  wake: () => null,
  inform: () => null,
  notes: [
    'Windsurf has no way for a hook to wake it: its agent waits with the tools of waitbus mcp, or is told by you.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project } = context;
  const user = scope === 'user';
  const directory = user ? `${home}/.codeium/windsurf` : `${project}/.windsurf`;
  const hooks = HOOKS.map((event): Edit => {
    const { command, mark } = hookCommand(context, 'windsurf', event);
    return {
      kind: 'json-append',
      file: `${directory}/hooks.json`,
      path: ['hooks', event],
      value: { command, show_output: false },
      mark,
    };
  });
  // It has servers of the user only.
  if (!user) return hooks;
  const file = `${directory}/mcp_config.json`;
  return [
    ...hooks,
    { kind: 'json-set', file, path: ['mcpServers', 'waitbus'], value: mcpServer(context) },
  ];
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const id = text(body, 'trajectory_id');
  if (id === undefined) return null;
  const cwd = cwdOf(input, 'cwd');
  const session = new SessionReport('windsurf', id, cwd);
  const turn = text(body, 'execution_id');
  switch (text(body, 'agent_action_name') ?? input.args[0]) {
    case 'post_cascade_response':
      return session.of([session.turnFinished(turn === undefined ? undefined : `turn:${turn}`)]);
    case 'post_write_code': {
      const path = text(object(body, 'tool_info'), 'file_path');
      return path === undefined
        ? null
        : session.of([session.edited(absolute(cwd, path), 'write_code')]);
    }
    default:
      return null;
  }
}
