/**
 * Cline. Its hooks are executables, one named for each event, in a directory of the user or of the
 * project. Nothing of it can be woken. From the vendor's documents; not measured.
 */
import type { Edit, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { hookCommand } from './hook-plan.js';
import { absolute, bodyOf, cwdOf, moment, object, text } from './input.js';
import { SessionReport } from './session-report.js';

const HOOKS = ['TaskStart', 'TaskResume', 'TaskCancel', 'TaskComplete', 'PostToolUse'] as const;
const EDIT_TOOLS = ['write_to_file', 'replace_in_file', 'new_rule', 'apply_patch'];

export const cline: Harness = {
  name: 'cline',
  title: 'Cline',
  signs: { programs: ['cline'], directories: ['.cline', 'Documents/Cline'] },
  input: 'stdin',
  plan,
  report,
  wake: () => null,
  inform: (input, context) =>
    eventOf(input) === 'TaskStart' || eventOf(input) === 'TaskResume'
      ? {
          stdout: JSON.stringify({ cancel: false, contextModification: context }),
          stderr: '',
          code: 0,
        }
      : null,
  notes: [
    'Turn hooks on in the settings of Cline, under Features.',
    'Cline keeps its MCP servers in a file of the editor: add one there named waitbus that runs waitbus mcp.',
    'A hook cannot wake Cline: its agent waits with the tools of waitbus mcp, or is told by you.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project } = context;
  const directory =
    scope === 'user' ? `${home}/Documents/Cline/Rules/Hooks` : `${project}/.clinerules/hooks`;
  return HOOKS.map((event): Edit => {
    const { command } = hookCommand(context, 'cline', event);
    const content = `#!/bin/sh\nexec ${command}\n`;
    return { kind: 'file', file: `${directory}/${event}`, content, executable: true };
  });
}

function eventOf(input: HookInput): string | undefined {
  return text(bodyOf(input), 'hookName') ?? input.args[0];
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const id = text(body, 'taskId');
  if (id === undefined) return null;
  const roots = body['workspaceRoots'];
  const root: unknown = Array.isArray(roots) ? roots[0] : undefined;
  const cwd = typeof root === 'string' && root.startsWith('/') ? root : cwdOf(input, 'cwd');
  const session = new SessionReport('cline', id, cwd);
  const key = moment(body, 'timestamp');
  switch (eventOf(input)) {
    case 'TaskStart':
      return session.introduced([session.started('startup', key)]);
    case 'TaskResume':
      return session.introduced([session.started('resume', key)]);
    case 'TaskCancel':
      return session.of([session.turnFailed('cancelled', 'cancelled', key)]);
    case 'TaskComplete':
      return session.of([session.turnFinished(key)]);
    case 'PostToolUse': {
      const use = object(body, 'postToolUse');
      const tool = text(use, 'toolName', 'tool');
      const path = text(object(use, 'parameters'), 'path', 'absolutePath');
      if (path === undefined || !EDIT_TOOLS.includes(tool ?? '')) return null;
      const file = absolute(cwd, path);
      return session.of([session.edited(file, tool, key === undefined ? key : `${key}:${file}`)]);
    }
    default:
      return null;
  }
}
