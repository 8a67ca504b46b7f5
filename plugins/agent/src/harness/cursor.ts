/**
 * Cursor. Hooks of hooks.json, the user's or a project's. The end of a turn is `stop`, which may
 * submit a follow-up message. From the vendor's documents; not measured.
 */
import type { Edit, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { HOLD, HOOK_LIMIT_S, hookCommand, mcpServer, TELL_LIMIT_S } from './hook-plan.js';
import { absolute, bodyOf, count, cwdOf, text, type Body } from './input.js';
import { SessionReport } from './session-report.js';

const HOOKS = ['sessionStart', 'sessionEnd', 'stop', 'subagentStop', 'afterFileEdit'] as const;
/** How often a stop may go on by itself, as Cursor counts. */
const LOOP_LIMIT = 5;

export const cursor: Harness = {
  name: 'cursor',
  title: 'Cursor',
  signs: { programs: ['cursor', 'cursor-agent'], directories: ['.cursor'] },
  input: 'stdin',
  plan,
  report,
  wake: (input, reason) =>
    eventOf(input) === 'stop' && isCompleted(bodyOf(input))
      ? { stdout: JSON.stringify({ followup_message: reason }), stderr: '', code: 0 }
      : null,
  inform: (input, context) =>
    eventOf(input) === 'sessionStart'
      ? { stdout: JSON.stringify({ additional_context: context }), stderr: '', code: 0 }
      : null,
  notes: ['Cursor reads its hooks when it starts; its settings show under Hooks what it took.'],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project } = context;
  const directory = `${scope === 'user' ? home : project}/.cursor`;
  const file = `${directory}/hooks.json`;
  return [
    { kind: 'json-set', file, path: ['version'], value: 1 },
    ...HOOKS.map((event): Edit => {
      const stop = event === 'stop';
      const options = stop ? ['--hold', HOLD] : [];
      const { command, mark } = hookCommand(context, 'cursor', event, ...options);
      const value = {
        command,
        timeout: stop ? HOOK_LIMIT_S : TELL_LIMIT_S,
        ...(stop ? { loop_limit: LOOP_LIMIT } : {}),
      };
      return { kind: 'json-append', file, path: ['hooks', event], value, mark };
    }),
    {
      kind: 'json-set',
      file: `${directory}/mcp.json`,
      path: ['mcpServers', 'waitbus'],
      value: mcpServer(context),
    },
  ];
}

function eventOf(input: HookInput): string | undefined {
  return text(bodyOf(input), 'hook_event_name') ?? input.args[0];
}

function isCompleted(body: Body): boolean {
  return (text(body, 'status') ?? 'completed') === 'completed';
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const id = text(body, 'conversation_id', 'session_id');
  if (id === undefined) return null;
  const roots = body['workspace_roots'];
  const root: unknown = Array.isArray(roots) ? roots[0] : undefined;
  const cwd = typeof root === 'string' && root.startsWith('/') ? root : cwdOf(input, 'cwd');
  const session = new SessionReport('cursor', id, cwd);
  const generation = text(body, 'generation_id');
  switch (eventOf(input)) {
    case 'sessionStart':
      return session.introduced([session.started(undefined, 'startup')]);
    case 'sessionEnd':
      return session.of([session.ended(text(body, 'reason'), 'ended')]);
    case 'stop': {
      const loops = count(body, 'loop_count');
      const key = generation === undefined ? undefined : `turn:${generation}:${loops}`;
      const status = text(body, 'status');
      if (isCompleted(body)) {
        return session.of([session.turnFinished(key)], { canWake: true, loop: loops > 0 });
      }
      const conclusion = status === 'aborted' ? 'cancelled' : 'failure';
      return session.of([session.turnFailed(text(body, 'error') ?? status, conclusion, key)]);
    }
    case 'subagentStop':
      return session.of([
        session.subagentFinished(
          text(body, 'subagent_id', 'agent_id', 'subagent_type'),
          text(body, 'subagent_type', 'agent_type'),
        ),
      ]);
    case 'afterFileEdit': {
      const path = text(body, 'file_path');
      if (path === undefined) return null;
      return session.of([session.edited(absolute(cwd, path), 'edit')]);
    }
    default:
      return null;
  }
}
