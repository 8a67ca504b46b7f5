/** `waitbus plugin`: finds the subcommand, loads only that one, and gives its errors their exit codes. */
import { PLUGIN_EXIT, pluginExitOf } from '../../plugins/exit-codes.js';
import { print, say, sayError } from '../../terminal/exit.js';

interface Subcommand {
  readonly run: (args: readonly string[]) => Promise<number>;
  readonly help: string;
}

const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  add: () => import('./add.js'),
  audit: () => import('./audit.js'),
  dev: () => import('./dev.js'),
  install: () => import('./install.js'),
  list: () => import('./list.js'),
  lock: () => import('./lock.js'),
  new: () => import('./new.js'),
  remove: () => import('./remove.js'),
  restart: () => import('./restart.js'),
  trust: () => import('./trust.js'),
  update: () => import('./update.js'),
  verify: () => import('./verify.js'),
};

export async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help') {
    const { HELP } = await import('../../terminal/help.js');
    (name === 'help' ? print : say)(HELP['plugin'] ?? '');
    return name === 'help' ? PLUGIN_EXIT.ok : PLUGIN_EXIT.usage;
  }
  const load = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (load === undefined) {
    say(`waitbus plugin: there is no subcommand ${name}`);
    say('  waitbus help plugin lists them');
    return PLUGIN_EXIT.usage;
  }
  const subcommand = await load();
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  if (own.includes('--help') || own.includes('-h')) {
    print(subcommand.help);
    return PLUGIN_EXIT.ok;
  }
  try {
    return await subcommand.run(args);
  } catch (error) {
    sayError(error, `plugin ${name}`);
    return pluginExitOf(error);
  }
}
