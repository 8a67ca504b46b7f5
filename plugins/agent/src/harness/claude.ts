/**
 * Claude Code. Hooks of settings.json, the same for the user as for a project. At the end of a turn,
 * `Stop`, a headless session is woken by a hook that blocks the stop. An interactive one is woken while
 * it is idle, by a second hook, which runs beside it and ends with 2: no turn is held up for it.
 */
import type { Edit, Harness, HookAnswer, HookInput, HookReport, PlanContext } from './contract.js';
import { HOLD, HOOK_LIMIT_S, hookCommand, mcpServer, TELL_LIMIT_S } from './hook-plan.js';
import { absolute, bodyOf, cwdOf, flag, object, text } from './input.js';
import { SessionReport } from './session-report.js';

const EDIT_TOOLS = ['Edit', 'MultiEdit', 'Write', 'NotebookEdit'];
/** On the command line of the hook that waits while the session is idle. */
const IDLE = 'Idle';
const IDLE_HOLD = '24h';
const IDLE_LIMIT_S = 24 * 3600 + 60;
const ASKS_FOR_INPUT = ['idle_prompt', 'elicitation_dialog', 'agent_needs_input'];

/** Hooks that only tell run beside the turn and cost it nothing. */
const HOOKS: readonly {
  readonly event: string;
  readonly matcher?: string;
  readonly beside?: boolean;
  readonly idle?: boolean;
}[] = [
  { event: 'SessionStart' },
  { event: 'SessionEnd' },
  { event: 'UserPromptSubmit' },
  { event: 'Stop' },
  { event: 'Stop', idle: true },
  { event: 'StopFailure' },
  { event: 'SubagentStart', beside: true },
  { event: 'SubagentStop', beside: true },
  { event: 'PermissionRequest', beside: true },
  { event: 'Notification', matcher: ASKS_FOR_INPUT.join('|'), beside: true },
  { event: 'PostToolUse', matcher: EDIT_TOOLS.join('|'), beside: true },
];

export const claude: Harness = {
  name: 'claude',
  title: 'Claude Code',
  signs: { programs: ['claude'], directories: ['.claude'] },
  input: 'stdin',
  plan,
  report,
  wake,
  inform: (input, context) => {
    const event = eventOf(input);
    return event === 'SessionStart' || event === 'UserPromptSubmit'
      ? addContext(event, context)
      : null;
  },
  notes: ['Sessions that run already have to be started again, or read their hooks with /hooks.'],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project, env } = context;
  const moved = env['CLAUDE_CONFIG_DIR'] || null;
  const config = moved ?? `${home}/.claude`;
  const user = scope === 'user';
  const file = user ? `${config}/settings.json` : `${project}/.claude/settings.json`;
  // The user's servers stand beside the directory, unless that was moved.
  const userServers = moved === null ? home : config;
  return [
    ...HOOKS.map((hook) => hookEdit(context, file, hook)),
    {
      kind: 'json-set',
      file: user ? `${userServers}/.claude.json` : `${project}/.mcp.json`,
      path: ['mcpServers', 'waitbus'],
      value: { type: 'stdio', ...mcpServer(context) },
    },
  ];
}

function hookEdit(
  context: PlanContext,
  file: string,
  { event, matcher, beside, idle }: (typeof HOOKS)[number],
): Edit {
  const name = idle === true ? IDLE : event;
  const hold = idle === true ? IDLE_HOLD : event === 'Stop' ? HOLD : undefined;
  const options = hold === undefined ? [] : ['--hold', hold];
  const { command, mark } = hookCommand(context, 'claude', name, ...options);
  const hook = {
    type: 'command',
    command,
    timeout: idle === true ? IDLE_LIMIT_S : event === 'Stop' ? HOOK_LIMIT_S : TELL_LIMIT_S,
    ...(beside === true ? { async: true } : {}),
    ...(idle === true ? { asyncRewake: true } : {}),
  };
  const value = { ...(matcher === undefined ? {} : { matcher }), hooks: [hook] };
  return { kind: 'json-append', file, path: ['hooks', event], value, mark };
}

function eventOf(input: HookInput): string | undefined {
  if (input.args[0] === IDLE) return IDLE;
  return text(bodyOf(input), 'hook_event_name') ?? input.args[0];
}

/** A headless one waits for its hooks before it ends, those beside it too. */
function isInteractive({ env }: HookInput): boolean {
  return env['CLAUDE_CODE_ENTRYPOINT'] === 'cli';
}

function wake(input: HookInput, reason: string): HookAnswer | null {
  const event = eventOf(input);
  if (event === IDLE && isInteractive(input)) return { stdout: '', stderr: reason, code: 2 };
  return event === 'Stop' && !isInteractive(input) ? block(reason) : null;
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const cwd = cwdOf(input, 'cwd');
  const id = text(body, 'session_id');
  if (id === undefined) return null;
  const session = new SessionReport('claude', id, cwd);
  const subagent = [text(body, 'agent_id'), text(body, 'agent_type')] as const;
  switch (eventOf(input)) {
    case 'SessionStart': {
      const how = text(body, 'source');
      // The session goes on, with less in its context.
      if (how === 'compact') return session.introduced([]);
      const key = how === 'startup' ? how : undefined;
      return session.introduced([session.started(how, key)]);
    }
    case 'SessionEnd':
      return session.of([session.ended(text(body, 'reason'))]);
    case 'UserPromptSubmit':
      return session.of([], { canInform: true });
    case 'Stop': {
      const loop = flag(body, 'stop_hook_active');
      const prompt = text(body, 'prompt_id');
      // A turn that goes on after a wake ends again, under the same id.
      const key = loop || prompt === undefined ? undefined : `turn:${prompt}`;
      return session.of([session.turnFinished(key)], { canWake: !isInteractive(input), loop });
    }
    case IDLE:
      return isInteractive(input) ? session.of([], { canWake: true, idle: true }) : null;
    case 'StopFailure':
      return session.of([session.turnFailed(text(body, 'error', 'error_details'))]);
    case 'SubagentStart':
      return session.of([session.subagentStarted(...subagent)]);
    case 'SubagentStop':
      return session.of([session.subagentFinished(...subagent)]);
    case 'PermissionRequest':
      return session.of([session.waiting('permission', text(body, 'tool_name'))]);
    case 'Notification': {
      const type = text(body, 'notification_type');
      const what = type === 'permission_prompt' ? 'permission' : 'input';
      if (what === 'input' && !ASKS_FOR_INPUT.includes(type ?? '')) return null;
      return session.of([session.waiting(what, text(body, 'message'))]);
    }
    case 'PostToolUse': {
      const tool = text(body, 'tool_name');
      const path = text(object(body, 'tool_input'), 'file_path', 'notebook_path');
      if (path === undefined || !EDIT_TOOLS.includes(tool ?? '')) return null;
      const key = text(body, 'tool_use_id');
      return session.of([session.edited(absolute(cwd, path), tool, key)]);
    }
    default:
      return null;
  }
}

/** As Claude Code, Codex and Copilot are kept from stopping. */
export function block(reason: string): HookAnswer {
  return { stdout: JSON.stringify({ decision: 'block', reason }), stderr: '', code: 0 };
}

/** As Claude Code, Codex and Gemini CLI are given context. */
export function addContext(event: string, context: string): HookAnswer {
  const said = { hookSpecificOutput: { hookEventName: event, additionalContext: context } };
  return { stdout: JSON.stringify(said), stderr: '', code: 0 };
}
