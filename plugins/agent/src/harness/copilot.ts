/**
 * Copilot CLI. Its hooks are a file of their own, among the user's or in a repository. The end of a
 * turn is `agentStop`, which can be blocked. In prompt mode (`-p`) those of a repository are loaded
 * only where the folder is trusted or the environment says so.
 */
import { block } from './claude.js';
import type { Edit, Harness, HookInput, HookReport, Json, PlanContext } from './contract.js';
import { HOLD, HOOK_LIMIT_S, hookCommand, mcpServer, TELL_LIMIT_S } from './hook-plan.js';
import {
  absolute,
  bodyOf,
  cwdOf,
  flag,
  moment,
  object,
  patchedFiles,
  text,
  type Body,
} from './input.js';
import { SessionReport } from './session-report.js';

const EDIT_TOOLS = ['edit', 'create', 'str_replace', 'str_replace_editor', 'apply_patch', 'write'];

const HOOKS = [
  'sessionStart',
  'sessionEnd',
  'userPromptSubmitted',
  'agentStop',
  'errorOccurred',
  'subagentStart',
  'subagentStop',
  'permissionRequest',
  'notification',
  'postToolUse',
] as const;

export const copilot: Harness = {
  name: 'copilot',
  title: 'Copilot CLI',
  signs: { programs: ['copilot'], directories: ['.copilot'] },
  input: 'stdin',
  plan,
  report,
  wake: (input, reason) => (input.args[0] === 'agentStop' ? block(reason) : null),
  inform: ({ args: [event] }, context) =>
    event === 'sessionStart' || event === 'userPromptSubmitted'
      ? { stdout: JSON.stringify({ additionalContext: context }), stderr: '', code: 0 }
      : null,
  notes: [
    'With copilot -p the hooks of a repository count only where the folder is trusted (--trust-folder, or once at a terminal) or with GITHUB_COPILOT_PROMPT_MODE_REPO_HOOKS=true; those that are installed with --user always count.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project, env } = context;
  const user = scope === 'user';
  const directory = user ? env['COPILOT_HOME'] || `${home}/.copilot` : `${project}/.github`;
  const hooks: Record<string, Json> = {};
  for (const event of HOOKS) {
    const options = event === 'agentStop' ? ['--hold', HOLD] : [];
    const { command } = hookCommand(context, 'copilot', event, ...options);
    const timeoutSec = event === 'agentStop' ? HOOK_LIMIT_S : TELL_LIMIT_S;
    hooks[event] = [{ type: 'command', bash: command, timeoutSec }];
  }
  return [
    {
      kind: 'file',
      file: `${directory}/hooks/waitbus.json`,
      content: `${JSON.stringify({ version: 1, hooks }, null, 2)}\n`,
    },
    {
      kind: 'json-set',
      file: user ? `${directory}/mcp-config.json` : `${directory}/mcp.json`,
      path: ['mcpServers', 'waitbus'],
      value: { type: 'local', ...mcpServer(context), tools: ['*'] },
    },
  ];
}

/** Its input does not say which hook it is for; the command line does. */
function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const cwd = cwdOf(input, 'cwd', 'workingDirectory');
  const id = text(body, 'sessionId', 'session_id');
  if (id === undefined) return null;
  const session = new SessionReport('copilot', id, cwd);
  // Every hook of one moment is told the same: one that is installed twice tells once.
  const key = moment(body, 'timestamp');
  const subagent = [
    text(body, 'agentId', 'agentName'),
    text(body, 'agentType', 'agentName'),
  ] as const;
  switch (input.args[0]) {
    case 'sessionStart':
      return session.introduced([session.started(text(body, 'source'), key)]);
    case 'sessionEnd':
      return session.of([session.ended(text(body, 'reason'), key)]);
    case 'userPromptSubmitted':
      return session.of([], { canInform: true });
    case 'agentStop':
      return session.of([session.turnFinished(key)], {
        canWake: true,
        loop: flag(body, 'stopHookActive', 'stop_hook_active'),
      });
    case 'errorOccurred': {
      // It tries again by itself.
      if (flag(body, 'recoverable')) return null;
      const why = text(body, 'error') ?? text(object(body, 'error'), 'message', 'name');
      return session.of([session.turnFailed(why, 'failure', key)]);
    }
    case 'subagentStart':
      return session.of([session.subagentStarted(...subagent, key)]);
    case 'subagentStop':
      return session.of([session.subagentFinished(...subagent, key)]);
    case 'permissionRequest':
      return session.of([session.waiting('permission', text(body, 'toolName'), key)]);
    case 'notification': {
      const type = text(body, 'notificationType', 'notification_type', 'type') ?? '';
      if (!/elicitation|idle|input/.test(type)) return null;
      return session.of([session.waiting('input', text(body, 'message', 'title'), key)]);
    }
    case 'postToolUse': {
      const tool = text(body, 'toolName');
      if (!EDIT_TOOLS.includes(tool ?? '')) return null;
      const files = edited(body, cwd);
      if (files.length === 0) return null;
      const once = (file: string) => (key === undefined ? undefined : `${key}:${file}`);
      return session.of(files.map((file) => session.edited(file, tool, once(file))));
    }
    default:
      return null;
  }
}

/** What the tool was given is an object, its JSON text, or a patch. */
function edited(body: Body, cwd: string): string[] {
  const args = object(body, 'toolArgs');
  const path = text(args, 'path', 'filePath', 'file_path');
  if (path !== undefined) return [absolute(cwd, path)];
  const patch = text(args, 'patch', 'input', 'command') ?? text(body, 'toolArgs') ?? '';
  return patchedFiles(cwd, patch);
}
