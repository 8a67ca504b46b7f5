/** What the plans of several harnesses have in common: the command line of a hook, the MCP server. */
import type { Json, PlanContext } from './contract.js';

/** How long a hook at the end of a turn waits for what its session waits for. */
export const HOLD = '30s';
/** The harness ends a hook that takes longer, in seconds. */
export const HOOK_LIMIT_S = 45;
/** Of hooks that only tell. */
export const TELL_LIMIT_S = 10;

/** A shell command that runs waitbus with these arguments. */
export function shellCommand(context: PlanContext, ...args: readonly string[]): string {
  return [...context.command, ...args].map(quote).join(' ');
}

/**
 * The command of a hook. Its event stands in it, so that it can be found again among others: as the
 * mark of the edit.
 */
export function hookCommand(
  context: PlanContext,
  harness: string,
  event: string,
  ...options: readonly string[]
): { readonly command: string; readonly mark: string } {
  return {
    command: shellCommand(context, 'hook', harness, event, ...options),
    mark: `hook ${harness} ${event}`,
  };
}

/** The MCP server as most harnesses are told of it. */
export function mcpServer(context: PlanContext): { command: string; args: Json } {
  const [command = 'waitbus', ...args] = context.command;
  return { command, args: [...args, 'mcp'] };
}

/** Single quotes, where a shell needs any. */
function quote(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
