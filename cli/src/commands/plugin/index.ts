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
  const load = name !== undefined && Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : null;
  if (load === undefined || load === null) {
    if (name !== undefined) say(`waitbus plugin: there is no subcommand ${name}`);
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
    sayError(error, `plugin ${String(name)}`);
    return pluginExitOf(error);
  }
}
