/**
 * Codex. Hooks of hooks.json in CODEX_HOME or in a project's .codex, nested as Claude Code's. Codex
 * skips hooks that its user has not trusted, without a word; `notify` needs no trust and only tells.
 */
import { addContext, block } from './claude.js';
import type { Edit, Envelope, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { HOLD, HOOK_LIMIT_S, hookCommand, mcpServer, TELL_LIMIT_S } from './hook-plan.js';
import {
  bodyOf,
  cwdOf,
  flag,
  isBody,
  object,
  parse,
  patchedFiles,
  text,
  type Body,
} from './input.js';
import { SessionReport } from './session-report.js';

const PATCH_TOOL = 'apply_patch';
/** Codex ends a tool call of MCP after so many seconds; a wait of ours ends before. */
const MCP_LIMIT_S = 300;
/**
 * Codex gives an MCP server few variables and not these: without them it does not know for whom it
 * speaks, and where they are set, it speaks to another daemon than the hooks of the same session.
 */
const MCP_VARIABLES = [
  'WAITBUS_AGENT_NAME',
  'WAITBUS_STATE_DIR',
  'WAITBUS_RUNTIME_DIR',
  'WAITBUS_CONFIG_DIR',
  'WAITBUS_LOCKFILE',
  'WAITBUS_NO_AUTOSTART',
  'XDG_STATE_HOME',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
];

const HOOKS: readonly { readonly event: string; readonly matcher?: string }[] = [
  { event: 'SessionStart' },
  { event: 'SessionEnd' },
  { event: 'UserPromptSubmit' },
  { event: 'Stop' },
  { event: 'SubagentStart' },
  { event: 'SubagentStop' },
  { event: 'PermissionRequest' },
  { event: 'PostToolUse', matcher: `^${PATCH_TOOL}$` },
];

export const codex: Harness = {
  name: 'codex',
  title: 'Codex',
  signs: { programs: ['codex'], directories: ['.codex'] },
  input: 'stdin',
  plan,
  report,
  wake: (input, reason) => (eventOf(input) === 'Stop' ? block(reason) : null),
  inform: (input, context) => {
    const event = eventOf(input);
    return event === 'SessionStart' || event === 'UserPromptSubmit'
      ? addContext(event, context)
      : null;
  },
  notes: [
    'Codex runs no hook that you have not trusted, and does not say so: start codex and agree to the new hooks, or review them with /hooks.',
    'codex exec asks nobody: trust the hooks in the terminal first, or give it --dangerously-bypass-hook-trust.',
    'Hooks of a project count only where Codex trusts the folder.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project, env } = context;
  const directory = scope === 'user' ? env['CODEX_HOME'] || `${home}/.codex` : `${project}/.codex`;
  return [
    ...HOOKS.map(({ event, matcher }): Edit => {
      const options = event === 'Stop' ? ['--hold', HOLD] : [];
      const { command, mark } = hookCommand(context, 'codex', event, ...options);
      const timeout = event === 'Stop' ? HOOK_LIMIT_S : TELL_LIMIT_S;
      const hooks = [{ type: 'command', command, timeout }];
      const value = { ...(matcher === undefined ? {} : { matcher }), hooks };
      return {
        kind: 'json-append',
        file: `${directory}/hooks.json`,
        path: ['hooks', event],
        value,
        mark,
      };
    }),
    {
      kind: 'toml-set',
      file: `${directory}/config.toml`,
      table: ['mcp_servers', 'waitbus'],
      values: {
        ...mcpServer(context),
        env_vars: MCP_VARIABLES,
        startup_timeout_sec: 20,
        tool_timeout_sec: MCP_LIMIT_S,
      },
    },
  ];
}

function eventOf(input: HookInput): string | undefined {
  return (
    text(bodyOf(input), 'hook_event_name') ?? (input.body === null ? undefined : input.args[0])
  );
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const cwd = cwdOf(input, 'cwd');
  const id = text(body, 'session_id');
  if (id === undefined) return notified(input);
  const session = new SessionReport('codex', id, cwd);
  const turn = text(body, 'turn_id');
  const subagent = [text(body, 'agent_id'), text(body, 'agent_type')] as const;
  switch (eventOf(input)) {
    case 'SessionStart': {
      const how = text(body, 'source');
      if (how === 'compact') return session.introduced([]);
      const key = how === 'startup' ? how : undefined;
      return session.introduced([session.started(how, key)]);
    }
    case 'SessionEnd':
      return session.of([session.ended(text(body, 'reason'), 'ended')]);
    case 'UserPromptSubmit':
      return session.of([], { canInform: true });
    case 'Stop': {
      const loop = flag(body, 'stop_hook_active');
      // A turn that goes on after a wake ends again, under the same id.
      const key = loop ? undefined : turnKey(turn);
      return session.of([session.turnFinished(key)], { canWake: true, loop });
    }
    case 'Interrupt':
      return session.of([session.turnFailed('interrupted', 'cancelled', turnKey(turn))]);
    case 'SubagentStart':
      return session.of([session.subagentStarted(...subagent)]);
    case 'SubagentStop':
      return session.of([session.subagentFinished(...subagent)]);
    case 'PermissionRequest':
      return session.of([session.waiting('permission', text(body, 'tool_name'))]);
    case 'PostToolUse': {
      const events = edits(session, body, cwd);
      return events.length === 0 ? null : session.of(events);
    }
    default:
      return null;
  }
}

/** `notify` gives its JSON as the last argument. */
function notified(input: HookInput): HookReport | null {
  const last = input.args.at(-1);
  const said = last === undefined ? undefined : parse(last);
  if (!isBody(said) || text(said, 'type') !== 'agent-turn-complete') return null;
  const id = text(said, 'thread-id');
  if (id === undefined) return null;
  const session = new SessionReport('codex', id, cwdOf({ ...input, body: said }, 'cwd'));
  return session.of([session.turnFinished(turnKey(text(said, 'turn-id')))]);
}

/** The same of the hook as of `notify`: where both are installed, a turn ends once. */
function turnKey(turn: string | undefined): string | undefined {
  return turn === undefined ? undefined : `turn:${turn}`;
}

/** The files of a patch, each once. */
function edits(session: SessionReport, body: Body, cwd: string): Envelope[] {
  const tool = text(body, 'tool_name');
  if (tool !== PATCH_TOOL) return [];
  const patch = text(object(body, 'tool_input'), 'command', 'input', 'patch') ?? '';
  const call = text(body, 'tool_use_id');
  return patchedFiles(cwd, patch).map((path) =>
    session.edited(path, tool, call === undefined ? undefined : `${call}:${path}`),
  );
}
