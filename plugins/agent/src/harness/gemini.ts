/**
 * Gemini CLI. Hooks of settings.json, the same for the user as for a project. The end of a turn is
 * `AfterAgent`, whose answer is denied to wake the session. Its stdout has to be JSON or nothing.
 */
import { addContext } from './claude.js';
import type { Edit, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { HOLD, HOOK_LIMIT_S, hookCommand, mcpServer, TELL_LIMIT_S } from './hook-plan.js';
import { absolute, bodyOf, cwdOf, flag, moment, object, text } from './input.js';
import { SessionReport } from './session-report.js';

const EDIT_TOOLS = ['write_file', 'replace'];
/** Milliseconds, for one call of a tool. */
const MCP_LIMIT_MS = 600_000;

const HOOKS: readonly { readonly event: string; readonly matcher?: string }[] = [
  { event: 'SessionStart' },
  { event: 'SessionEnd' },
  { event: 'BeforeAgent' },
  { event: 'AfterAgent' },
  { event: 'Notification', matcher: 'ToolPermission' },
  { event: 'AfterTool', matcher: EDIT_TOOLS.join('|') },
];

export const gemini: Harness = {
  name: 'gemini',
  title: 'Gemini CLI',
  signs: { programs: ['gemini'], directories: ['.gemini'] },
  input: 'stdin',
  plan,
  report,
  wake: (input, reason) =>
    eventOf(input) === 'AfterAgent'
      ? { stdout: JSON.stringify({ decision: 'deny', reason }), stderr: '', code: 0 }
      : null,
  inform: (input, context) => {
    const event = eventOf(input);
    return event === 'SessionStart' || event === 'BeforeAgent' ? addContext(event, context) : null;
  },
  notes: [
    'Hooks and servers of a project count only in a folder that Gemini CLI trusts.',
    'Gemini CLI does not wait for the hook at the end of a session, whose event may be missing.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project, env } = context;
  const base = scope === 'user' ? env['GEMINI_CLI_HOME'] || home : project;
  const file = `${base}/.gemini/settings.json`;
  return [
    ...HOOKS.map(({ event, matcher }): Edit => {
      const options = event === 'AfterAgent' ? ['--hold', HOLD] : [];
      const { command, mark } = hookCommand(context, 'gemini', event, ...options);
      const limit = event === 'AfterAgent' ? HOOK_LIMIT_S : TELL_LIMIT_S;
      const hooks = [{ type: 'command', name: 'waitbus', command, timeout: limit * 1000 }];
      const value = { ...(matcher === undefined ? {} : { matcher }), hooks };
      return { kind: 'json-append', file, path: ['hooks', event], value, mark };
    }),
    {
      kind: 'json-set',
      file,
      path: ['mcpServers', 'waitbus'],
      value: { ...mcpServer(context), timeout: MCP_LIMIT_MS },
    },
  ];
}

function eventOf(input: HookInput): string | undefined {
  return text(bodyOf(input), 'hook_event_name') ?? input.args[0];
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const cwd = cwdOf(input, 'cwd');
  const id = text(body, 'session_id');
  if (id === undefined) return null;
  const session = new SessionReport('gemini', id, cwd);
  // Every hook of one moment is told the same.
  const key = moment(body, 'timestamp');
  switch (eventOf(input)) {
    case 'SessionStart':
      return session.introduced([session.started(text(body, 'source'), key)]);
    case 'SessionEnd':
      return session.of([session.ended(text(body, 'reason'), key)]);
    case 'BeforeAgent':
      return session.of([], { canInform: true });
    case 'AfterAgent':
      return session.of([session.turnFinished(key)], {
        canWake: true,
        loop: flag(body, 'stop_hook_active'),
      });
    case 'Notification': {
      if (text(body, 'notification_type') !== 'ToolPermission') return null;
      const detail = text(object(body, 'details'), 'title', 'toolName') ?? text(body, 'message');
      return session.of([session.waiting('permission', detail, key)]);
    }
    case 'AfterTool': {
      const tool = text(body, 'tool_name');
      const path = text(object(body, 'tool_input'), 'file_path', 'absolute_path');
      if (path === undefined || !EDIT_TOOLS.includes(tool ?? '')) return null;
      const file = absolute(cwd, path);
      return session.of([session.edited(file, tool, key === undefined ? key : `${key}:${file}`)]);
    }
    default:
      return null;
  }
}
