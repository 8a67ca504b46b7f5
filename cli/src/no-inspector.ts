/**
 * No process of waitbus takes an inspector, through which others would run code in it: not by SIGUSR1,
 * and not by a flag that an environment handed on.
 */

/** Variables of Node's own that load code, open a port or write files in whatever is started. */
const NODE_VARIABLES = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_REPL_EXTERNAL_MODULE'];

/** First of all; whoever asked for an inspector at the start (`--inspect`) has it until then. */
export function refuseInspector(): void {
  // Node starts one on this signal unless somebody listens to it.
  process.on('SIGUSR1', () => undefined);
  const asked = [process.env['NODE_OPTIONS'], ...process.execArgv];
  if (!asked.some((text) => text?.includes('inspect') === true)) return;
  const { close, url } = process.getBuiltinModule('node:inspector');
  if (url() !== undefined) close();
}

/** The environment for a daemon, which outlives the shell that started it, or for a source. */
export function withoutNodeVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NODE_VARIABLES.includes(name)));
}

/** Where Node has it: from its first instruction on. */
export function inspectorFlags(
  known: ReadonlySet<string> = process.allowedNodeEnvironmentFlags,
): string[] {
  return known.has('--disable-sigusr1') ? ['--disable-sigusr1'] : [];
}
