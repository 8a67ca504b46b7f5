/**
 * Inputs of hooks as harnesses write them, after their shipped types and schemas and what was
 * measured, each with what it has to become on the bus.
 */
import type { HookReport } from '../src/harness/index.js';
import { copilot, openCode, others } from './more-inputs.js';
import { INTRODUCE, WAKE, type Sample } from './sample.js';

const CLAUDE = {
  session_id: '5f3c2a10-77aa-4b7e-9a11-0c9a3c1d2e3f',
  transcript_path: '/home/me/.claude/projects/shop/5f3c.jsonl',
  cwd: '/home/me/shop',
  permission_mode: 'default',
};
const CODEX = {
  session_id: '0199a213-81c0-7800-8aa1-bbab2a035a53',
  transcript_path: '/home/me/.codex/sessions/rollout.jsonl',
  cwd: '/home/me/shop',
  model: 'gpt-5.4',
  permission_mode: 'default',
};
const TURN = { ...CODEX, turn_id: '0199a213-turn' };
const GEMINI = {
  session_id: 'd5c1e6de-9f02-4a56-8f6a-0c4f3f2c5b21',
  transcript_path: '/home/me/.gemini/tmp/shop/chats/session.json',
  cwd: '/home/me/shop',
  timestamp: '2026-11-29T06:00:00.000Z',
};
export const SAMPLES: readonly Sample[] = [
  ...claude(),
  ...codex(),
  ...gemini(),
  ...copilot(),
  ...openCode(),
  ...others(),
];

function claude(): Sample[] {
  const of = (
    event: string,
    more: object,
    becomes: Sample['becomes'],
    may: Partial<HookReport> = {},
  ): Sample => ({
    harness: 'claude',
    args: [event],
    body: { ...CLAUDE, hook_event_name: event, ...more },
    becomes,
    may,
  });
  return [
    of(
      'SessionStart',
      { source: 'startup' },
      [['agent_started session', { reason: 'startup', status: 'in_progress' }]],
      INTRODUCE,
    ),
    of('SessionStart', { source: 'compact' }, [], INTRODUCE),
    of('SessionEnd', { reason: 'prompt_input_exit' }, [
      ['agent_finished session', { reason: 'prompt_input_exit', conclusion: 'success' }],
    ]),
    of('UserPromptSubmit', { prompt: 'go on' }, [], { canInform: true }),
    of('Stop', { stop_hook_active: false }, [['agent_finished turn', {}]], WAKE),
    of('Stop', { stop_hook_active: true }, [['agent_finished turn', {}]], { ...WAKE, loop: true }),
    {
      ...of('Stop', { stop_hook_active: false }, [['agent_finished turn', {}]]),
      env: { CLAUDE_CODE_ENTRYPOINT: 'cli' },
      may: { canWake: false },
    },
    {
      ...of('Stop', { stop_hook_active: true }, [], { canWake: true, idle: true, loop: false }),
      args: ['Idle'],
      env: { CLAUDE_CODE_ENTRYPOINT: 'cli' },
    },
    {
      ...of('Stop', { stop_hook_active: false }, null),
      args: ['Idle'],
      env: { CLAUDE_CODE_ENTRYPOINT: 'sdk-cli' },
    },
    of('StopFailure', { error: 'rate_limit' }, [
      ['agent_failed turn', { reason: 'rate_limit', conclusion: 'failure' }],
    ]),
    of('SubagentStart', { agent_id: 'a1', agent_type: 'Explore' }, [
      ['agent_started subagent', { subagent: 'a1', subagent_type: 'Explore' }],
    ]),
    of('SubagentStop', { agent_id: 'a1', agent_type: 'Explore', stop_hook_active: false }, [
      ['agent_finished subagent', { subagent: 'a1' }],
    ]),
    of('PermissionRequest', { tool_name: 'Bash', tool_input: { command: 'rm -rf x' } }, [
      ['agent_waiting turn', { waits_for: 'permission', reason: 'Bash', status: 'waiting' }],
    ]),
    of('Notification', { message: 'Claude is waiting', notification_type: 'idle_prompt' }, [
      ['agent_waiting turn', { waits_for: 'input', reason: 'Claude is waiting' }],
    ]),
    of('Notification', { message: 'signed in', notification_type: 'auth_success' }, null),
    of('PostToolUse', { tool_name: 'Write', tool_input: { file_path: 'src/a.ts' } }, [
      ['agent_edited turn', { path: '/home/me/shop/src/a.ts', tool: 'Write' }],
    ]),
    of('PostToolUse', { tool_name: 'Bash', tool_input: { command: 'ls' } }, null),
    of('PreCompact', { trigger: 'auto' }, null),
  ];
}

function codex(): Sample[] {
  const of = (event: string, body: object, becomes: Sample['becomes'], may = {}): Sample => ({
    harness: 'codex',
    args: [event],
    body: { ...body, hook_event_name: event },
    becomes,
    may,
  });
  const patch =
    '*** Begin Patch\n*** Add File: a.txt\n+x\n*** Update File: /tmp/b.txt\n@@\n*** End Patch';
  const notified = {
    type: 'agent-turn-complete',
    'thread-id': CODEX.session_id,
    'turn-id': TURN.turn_id,
    cwd: '/home/me/shop',
    client: 'codex-tui',
    'input-messages': ['go'],
    'last-assistant-message': 'done',
  };
  return [
    of('SessionStart', { ...CODEX, source: 'startup' }, [['agent_started session', {}]], INTRODUCE),
    of('SessionEnd', { ...CODEX, reason: 'other' }, [['agent_finished session', {}]]),
    of('Stop', { ...TURN, stop_hook_active: false }, [['agent_finished turn', {}]], WAKE),
    of('Stop', { ...TURN, stop_hook_active: true }, [['agent_finished turn', {}]], { loop: true }),
    of('Interrupt', TURN, [['agent_failed turn', { conclusion: 'cancelled' }]]),
    of('SubagentStop', { ...TURN, agent_id: 't2', agent_type: 'worker' }, [
      ['agent_finished subagent', { subagent: 't2' }],
    ]),
    of('PermissionRequest', { ...TURN, tool_name: 'shell' }, [
      ['agent_waiting turn', { waits_for: 'permission' }],
    ]),
    of(
      'PostToolUse',
      { ...TURN, tool_name: 'apply_patch', tool_use_id: 'c1', tool_input: { command: patch } },
      [
        ['agent_edited turn', { path: '/home/me/shop/a.txt' }],
        ['agent_edited turn', { path: '/tmp/b.txt' }],
      ],
    ),
    {
      harness: 'codex',
      args: [JSON.stringify(notified)],
      body: null,
      becomes: [['agent_finished turn', { session: CODEX.session_id }]],
      may: { canWake: false },
    },
  ];
}

function gemini(): Sample[] {
  const of = (event: string, more: object, becomes: Sample['becomes'], may = {}): Sample => ({
    harness: 'gemini',
    args: [event],
    body: { ...GEMINI, hook_event_name: event, ...more },
    becomes,
    may,
  });
  return [
    of('SessionStart', { source: 'startup' }, [['agent_started session', {}]], INTRODUCE),
    of('SessionEnd', { reason: 'exit' }, [['agent_finished session', { reason: 'exit' }]]),
    of('BeforeAgent', { prompt: 'go' }, [], { canInform: true }),
    of(
      'AfterAgent',
      { prompt: 'go', prompt_response: 'done', stop_hook_active: false },
      [['agent_finished turn', {}]],
      WAKE,
    ),
    of('Notification', { notification_type: 'ToolPermission', message: 'run ls?' }, [
      ['agent_waiting turn', { waits_for: 'permission', reason: 'run ls?' }],
    ]),
    of('AfterTool', { tool_name: 'write_file', tool_input: { file_path: '/tmp/x' } }, [
      ['agent_edited turn', { path: '/tmp/x' }],
    ]),
  ];
}
