/** The names of agents: what they may be, and which one is ours. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';

/** Needs no quotes in a shell, a predicate or a file name. A session's is `harness:session`. */
export const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._@:-]{0,63}$/;

/** The variable that says which agent a program is or speaks for. */
export const NAME_VARIABLE = 'WAITBUS_AGENT_NAME';

/** @throws WaitbusError WAITBUS_BAD_NAME */
export function checkAgentName(name: string): string {
  if (AGENT_NAME.test(name)) return name;
  throw new WaitbusError('WAITBUS_BAD_NAME', `${JSON.stringify(name.slice(0, 80))} is not a name`);
}

/**
 * The name that was given, else that of the environment.
 * @param option the option that gives it, such as --from
 * @throws WaitbusError WAITBUS_BAD_NAME that says both ways
 */
export function ownName(given: string | undefined, option: string, env: NodeJS.ProcessEnv): string {
  const name = given ?? env[NAME_VARIABLE];
  if (name !== undefined && name !== '') return checkAgentName(name);
  throw new WaitbusError(
    'WAITBUS_BAD_NAME',
    'it is not said who you are',
    `Say it with ${option} NAME, or for the whole shell: export ${NAME_VARIABLE}=NAME`,
  );
}

/** A name that a command suggests, with what a name cannot have replaced; for `waitbus run`. */
export function nameOfProgram(program: string): string {
  const base = program.slice(program.lastIndexOf('/') + 1);
  const name = base.replace(/^[^A-Za-z0-9]+/, '').replace(/[^A-Za-z0-9._@-]/g, '-');
  return name.slice(0, 64) || 'command';
}
