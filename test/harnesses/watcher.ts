/**
 * A model that writes a file, has its session watch for something, and ends its turn; when it is woken,
 * it says so. It goes by what harness and hook told it: its name on the bus is in its context.
 */
import { WAITBUS } from '../support/sandbox.js';
import { editCall } from './edit-call.js';
import { nameIn, type Scenario, type Step, type Turn } from './model/scenario.js';
import { quote } from './quote.js';
import type { RealHarness } from './versions.js';

/** Opens what comes from other programs; Codex escapes the brackets before it. */
const FENCE = /waitbus-data [0-9a-f]{16}\n/;
export const WAITING = 'I end my turn and wait.';
export const WOKEN = 'I am woken.';

const TOOLS: Readonly<Record<RealHarness, readonly [tool: string, argument: string]>> = {
  claude: ['Bash', 'command'],
  codex: ['exec_command', 'cmd'],
  gemini: ['run_shell_command', 'command'],
  opencode: ['bash', 'command'],
  copilot: ['bash', 'command'],
};

/** @param predicates what it watches for */
export function watcher(
  name: RealHarness,
  work: string,
  predicates: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Scenario {
  return (turn) => {
    if (isWoken(turn)) return { kind: 'say', text: WOKEN };
    const answers = turn.said.filter((one) => one.by === 'tool').length;
    if (answers === 0) return editCall(name, turn, work);
    if (answers === 1) return watchCall(name, turn, predicates, env);
    return { kind: 'say', text: WAITING };
  };
}

/** What the tool `wait` answers is fenced as well, and is no wake. */
export function isWoken(turn: Turn): boolean {
  return turn.said.some((one) => one.by !== 'tool' && FENCE.test(one.text));
}

/** Registers, in a shell, what is to wake the session. */
export function watchCall(
  name: RealHarness,
  turn: Turn,
  predicates: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Step {
  const session = nameIn(turn) ?? 'nobody';
  // A harness may keep variables from what it runs.
  const variables = Object.entries(env)
    .filter(([key]) => key.startsWith('WAITBUS_'))
    .map(([key, value]) => quote(`${key}=${value}`));
  const words = [process.execPath, WAITBUS, 'watch', '--for', session, '--source', 'agent'];
  const matches = predicates.flatMap((predicate) => ['--match', predicate]);
  const line = ['env', ...variables, ...[...words, ...matches].map(quote)].join(' ');
  const [tool, argument] = TOOLS[name];
  return { kind: 'call', tool, args: { [argument]: line, description: 'Watch' } };
}
