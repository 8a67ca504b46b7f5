/**
 * opencode. A plugin of ours, one file among the user's or the project's, hands its events to the
 * hook; an idle session is woken by a prompt that the plugin submits, so no turn is held up.
 */
import type { Edit, Envelope, Harness, HookInput, HookReport, PlanContext } from './contract.js';
import { absolute, bodyOf, cwdOf, object, patchedFiles, text, type Body } from './input.js';
import { pluginSource } from './opencode-plugin.js';
import { SessionReport } from './session-report.js';

/** While a session is idle the plugin has one hook of this name, which waits. */
const IDLE = 'session.waiting';

export const opencode: Harness = {
  name: 'opencode',
  title: 'opencode',
  signs: { programs: ['opencode'], directories: ['.config/opencode', '.opencode'] },
  input: 'stdin',
  plan,
  report,
  wake: (input, prompt) =>
    eventOf(input) === IDLE ? { stdout: JSON.stringify({ prompt }), stderr: '', code: 0 } : null,
  inform: (input, context) =>
    report(input)?.canInform === true
      ? { stdout: JSON.stringify({ context }), stderr: '', code: 0 }
      : null,
  notes: [
    'opencode loads plugins when it starts: start it again.',
    'opencode run ends with its turn: only sessions of opencode serve and of the terminal can be woken when they are idle.',
  ],
};

function plan(context: PlanContext): Edit[] {
  const { scope, home, project, env, command } = context;
  const user = scope === 'user';
  const config = `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/opencode`;
  return [
    {
      kind: 'file',
      file: `${user ? config : `${project}/.opencode`}/plugin/waitbus.js`,
      content: pluginSource(command),
    },
    {
      kind: 'json-set',
      file: `${user ? config : project}/opencode.json`,
      path: ['mcp', 'waitbus'],
      value: { type: 'local', command: [...command, 'mcp'], enabled: true },
    },
  ];
}

function eventOf(input: HookInput): string | undefined {
  return input.args[0] ?? text(bodyOf(input), 'type');
}

function report(input: HookInput): HookReport | null {
  const body = bodyOf(input);
  const properties = object(body, 'properties');
  const info = object(properties, 'info');
  const id = text(properties, 'sessionID') ?? text(info, 'id');
  if (id === undefined) return null;
  const cwd = cwdOf(input, 'directory');
  const parent = text(body, 'parent') ?? text(info, 'parentID');
  if (parent !== undefined) return ofChild(eventOf(input), id, parent, cwd);
  const session = new SessionReport('opencode', id, cwd);
  switch (eventOf(input)) {
    case 'session.created':
      return session.introduced([session.started('startup', 'startup')]);
    case 'session.resumed':
      return session.introduced([session.started('resume')]);
    case 'session.ended':
      return session.of([session.ended('exit')]);
    case 'session.deleted':
      return session.of([session.ended('deleted', 'deleted')]);
    case 'session.idle':
      return session.of([session.turnFinished()]);
    case IDLE:
      return session.of([], { canWake: true, idle: true });
    case 'session.error': {
      const error = object(properties, 'error');
      const name = text(error, 'name');
      const why = text(object(error, 'data'), 'message') ?? name;
      const stopped = name === 'MessageAbortedError';
      return session.of([session.turnFailed(why, stopped ? 'cancelled' : 'failure')]);
    }
    case 'permission.asked':
    case 'permission.updated': {
      const what = text(properties, 'title', 'permission', 'type');
      return session.of([session.waiting('permission', what, text(properties, 'id'))]);
    }
    case 'tool.execute.after': {
      const events = edits(session, properties, cwd);
      return events.length === 0 ? null : session.of(events);
    }
    default:
      return null;
  }
}

/** What a session inside another says is said as its subagent. */
function ofChild(
  event: string | undefined,
  id: string,
  parent: string,
  cwd: string,
): HookReport | null {
  const session = new SessionReport('opencode', parent, cwd);
  if (event === 'session.created') return session.of([session.subagentStarted(id, undefined, id)]);
  if (event === 'session.idle') return session.of([session.subagentFinished(id, undefined)]);
  return null;
}

function edits(session: SessionReport, properties: Body, cwd: string): Envelope[] {
  const args = object(properties, 'args');
  const path = text(args, 'filePath', 'file_path', 'path');
  const patch = text(args, 'patchText') ?? '';
  const files = path === undefined ? patchedFiles(cwd, patch) : [absolute(cwd, path)];
  const call = text(properties, 'callID');
  const tool = text(properties, 'tool');
  return files.map((file) =>
    session.edited(file, tool, call === undefined ? undefined : `${call}:${file}`),
  );
}
