/** Inputs of hooks of Copilot CLI, opencode and the harnesses that were not measured. */
import { INTRODUCE, WAKE, type Sample } from './sample.js';

const COPILOT = { sessionId: 'c0ffee00-1', timestamp: 1795931552980, cwd: '/home/me/shop' };
const CURSOR = {
  conversation_id: 'conv-1',
  generation_id: 'gen-1',
  model: 'some-model',
  workspace_roots: ['/home/me/shop'],
};
const CLINE = {
  clineVersion: '3.36.0',
  timestamp: '1795931552980',
  taskId: '1763000000001',
  workspaceRoots: ['/home/me/shop'],
};
const opencode = (type: string, properties: object, more: object = {}): Sample['body'] => ({
  type,
  properties,
  directory: '/home/me/shop',
  ...more,
});

export function copilot(): Sample[] {
  const of = (event: string, more: object, becomes: Sample['becomes'], may = {}): Sample => ({
    harness: 'copilot',
    args: [event],
    body: { ...COPILOT, ...more },
    becomes,
    may,
  });
  return [
    of('sessionStart', { source: 'new' }, [['agent_started session', {}]], INTRODUCE),
    of('sessionEnd', { reason: 'complete' }, [['agent_finished session', {}]]),
    of('agentStop', { stopReason: 'end_turn' }, [['agent_finished turn', {}]], WAKE),
    of('agentStop', { stop_hook_active: true }, [['agent_finished turn', {}]], { loop: true }),
    of('errorOccurred', { error: { message: 'no model', name: 'E' }, recoverable: false }, [
      ['agent_failed turn', { reason: 'no model' }],
    ]),
    of('errorOccurred', { error: 'slow down', recoverable: true }, null),
    of('subagentStop', { agentName: 'explore', agentId: 'x1', stopReason: 'end_turn' }, [
      ['agent_finished subagent', { subagent: 'x1', subagent_type: 'explore' }],
    ]),
    of('permissionRequest', { toolName: 'bash' }, [['agent_waiting turn', { reason: 'bash' }]]),
    of('postToolUse', { toolName: 'create', toolArgs: '{"path":"a.md"}' }, [
      ['agent_edited turn', { path: '/home/me/shop/a.md', tool: 'create' }],
    ]),
  ];
}

export function openCode(): Sample[] {
  const of = (type: string, properties: object, becomes: Sample['becomes'], may = {}): Sample => ({
    harness: 'opencode',
    args: [type],
    body: opencode(type, properties),
    becomes,
    may,
  });
  const id = { sessionID: 'ses_1' };
  return [
    of(
      'session.created',
      { info: { id: 'ses_1', directory: '/home/me/shop', title: 'x' } },
      [['agent_started session', { session: 'ses_1' }]],
      INTRODUCE,
    ),
    of('session.created', { info: { id: 'ses_2', parentID: 'ses_1' } }, [
      ['agent_started subagent', { session: 'ses_1', subagent: 'ses_2' }],
    ]),
    of('session.idle', id, [['agent_finished turn', {}]]),
    of('session.waiting', id, [], { canWake: true, idle: true }),
    of('session.error', { ...id, error: { name: 'MessageAbortedError', data: {} } }, [
      ['agent_failed turn', { conclusion: 'cancelled' }],
    ]),
    of('session.error', { ...id, error: { name: 'APIError', data: { message: '429' } } }, [
      ['agent_failed turn', { conclusion: 'failure', reason: '429' }],
    ]),
    of('permission.asked', { ...id, id: 'per_1', permission: 'bash' }, [
      ['agent_waiting turn', { waits_for: 'permission', reason: 'bash' }],
    ]),
    of('tool.execute.after', { ...id, tool: 'edit', callID: 'c', args: { filePath: '/tmp/y' } }, [
      ['agent_edited turn', { path: '/tmp/y', tool: 'edit' }],
    ]),
    of('session.ended', id, [['agent_finished session', {}]]),
    of('file.edited', { file: '/tmp/y' }, null),
  ];
}

export function others(): Sample[] {
  return [
    {
      harness: 'cursor',
      args: ['stop'],
      body: { ...CURSOR, hook_event_name: 'stop', status: 'completed', loop_count: 0 },
      becomes: [['agent_finished turn', { cwd: '/home/me/shop' }]],
      may: WAKE,
    },
    {
      harness: 'cursor',
      args: ['stop'],
      body: { ...CURSOR, hook_event_name: 'stop', status: 'completed', loop_count: 2 },
      becomes: [['agent_finished turn', {}]],
      may: { loop: true },
    },
    {
      harness: 'cursor',
      args: ['stop'],
      body: { ...CURSOR, hook_event_name: 'stop', status: 'aborted', loop_count: 0 },
      becomes: [['agent_failed turn', { conclusion: 'cancelled' }]],
      may: { canWake: false },
    },
    {
      harness: 'cursor',
      args: ['afterFileEdit'],
      body: { ...CURSOR, hook_event_name: 'afterFileEdit', file_path: '/home/me/shop/z' },
      becomes: [['agent_edited turn', { path: '/home/me/shop/z' }]],
    },
    {
      harness: 'windsurf',
      args: ['post_cascade_response'],
      body: {
        agent_action_name: 'post_cascade_response',
        trajectory_id: 'tr-1',
        execution_id: 'ex-1',
        timestamp: '2026-11-29T06:00:00Z',
        tool_info: { response: 'done' },
      },
      becomes: [['agent_finished turn', { session: 'tr-1' }]],
      may: { canWake: false },
    },
    {
      harness: 'windsurf',
      args: ['post_write_code'],
      body: {
        agent_action_name: 'post_write_code',
        trajectory_id: 'tr-1',
        tool_info: { file_path: '/tmp/w', edits: [] },
      },
      becomes: [['agent_edited turn', { path: '/tmp/w' }]],
    },
    {
      harness: 'cline',
      args: ['TaskStart'],
      body: { ...CLINE, hookName: 'TaskStart', taskStart: { taskMetadata: {} } },
      becomes: [['agent_started session', { cwd: '/home/me/shop' }]],
      may: INTRODUCE,
    },
    {
      harness: 'cline',
      args: ['TaskComplete'],
      body: { ...CLINE, hookName: 'TaskComplete', taskComplete: {} },
      becomes: [['agent_finished turn', {}]],
    },
    {
      harness: 'cline',
      args: ['PostToolUse'],
      body: {
        ...CLINE,
        hookName: 'PostToolUse',
        postToolUse: { toolName: 'write_to_file', parameters: { path: 'q.ts' }, success: true },
      },
      becomes: [['agent_edited turn', { path: '/home/me/shop/q.ts' }]],
    },
    {
      harness: 'aider',
      args: ['waiting'],
      body: null,
      becomes: [['agent_waiting turn', { waits_for: 'input' }]],
    },
  ];
}
