/**
 * Inputs with which the hooks of an installation are tried out: the end of a turn of a session that
 * there is not, and the hook in which such a session is woken. As the harness itself writes them.
 */
import type { HarnessName } from './contract.js';

/** One run of an installed hook. */
export interface Probe {
  /** As it stands on the hook's command line. */
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** What the harness has in the hook's environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Probes {
  /** Says agent_finished, or agent_waiting where the harness tells no more. */
  readonly tells: Probe;
  /** Each hook in which a session of it can be woken. */
  readonly wakes: readonly Probe[];
}

export function probesOf(name: HarnessName, session: string, cwd: string): Probes {
  const probe = (event: string, body: Probe['body'], env: Probe['env'] = {}): Probe => ({
    event,
    body,
    env,
  });
  const both = (one: Probe): Probes => ({ tells: one, wakes: [one] });
  switch (name) {
    case 'claude': {
      const stop = {
        session_id: session,
        cwd,
        hook_event_name: 'Stop',
        stop_hook_active: false,
      };
      const headless = probe('Stop', stop, { CLAUDE_CODE_ENTRYPOINT: 'sdk-cli' });
      const idle = probe('Idle', stop, { CLAUDE_CODE_ENTRYPOINT: 'cli' });
      return { tells: headless, wakes: [headless, idle] };
    }
    case 'codex':
      return both(
        probe('Stop', {
          session_id: session,
          turn_id: session,
          transcript_path: null,
          cwd,
          hook_event_name: 'Stop',
          model: 'none',
          permission_mode: 'default',
          stop_hook_active: false,
          last_assistant_message: null,
        }),
      );
    case 'gemini':
      return both(
        probe('AfterAgent', {
          session_id: session,
          transcript_path: '',
          cwd,
          hook_event_name: 'AfterAgent',
          prompt: '',
          prompt_response: '',
          stop_hook_active: false,
        }),
      );
    case 'copilot':
      return both(probe('agentStop', { sessionId: session, cwd, stopReason: 'end_turn' }));
    case 'opencode': {
      const body = (type: string) => ({
        type,
        properties: { sessionID: session },
        directory: cwd,
      });
      const tells = probe('session.idle', body('session.idle'));
      return { tells, wakes: [probe('session.waiting', body('session.waiting'))] };
    }
    case 'cursor':
      return both(
        probe('stop', {
          conversation_id: session,
          generation_id: session,
          hook_event_name: 'stop',
          workspace_roots: [cwd],
          status: 'completed',
          loop_count: 0,
        }),
      );
    case 'windsurf': {
      const body = {
        agent_action_name: 'post_cascade_response',
        trajectory_id: session,
        execution_id: session,
        tool_info: { response: '' },
      };
      return { tells: probe('post_cascade_response', body), wakes: [] };
    }
    case 'cline': {
      const body = { taskId: session, hookName: 'TaskComplete', workspaceRoots: [cwd] };
      return { tells: probe('TaskComplete', body), wakes: [] };
    }
    case 'aider':
      return { tells: probe('waiting', null), wakes: [] };
  }
}
