/** The `waitbus` command: finds the subcommand and loads only that one. */
import { findInstallation } from './installation.js';
import { refuseInspector } from './no-inspector.js';
import { EXIT, exitCodeOf, print, say, sayError } from './terminal/exit.js';
import { watchOutput, written } from './terminal/output.js';
import { printText } from './terminal/print.js';

interface Command {
  run(args: readonly string[]): Promise<number>;
}

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  wait: () => import('./commands/wait.js'),
  emit: () => import('./commands/emit.js'),
  run: () => import('./commands/run.js'),
  send: () => import('./commands/send.js'),
  inbox: () => import('./commands/inbox.js'),
  ask: () => import('./commands/ask.js'),
  reply: () => import('./commands/reply.js'),
  claim: () => import('./commands/claim.js'),
  release: () => import('./commands/release.js'),
  agents: () => import('./commands/agents.js'),
  hook: () => import('./commands/hook.js'),
  watch: () => import('./commands/watch.js'),
  wakes: () => import('./commands/wakes.js'),
  mcp: () => import('./commands/mcp.js'),
  install: async () => ({ run: (await import('./commands/install/index.js')).install }),
  uninstall: async () => ({ run: (await import('./commands/install/index.js')).uninstall }),
  log: () => import('./commands/log.js'),
  status: () => import('./commands/status.js'),
  stop: () => import('./commands/stop.js'),
  daemon: () => import('./commands/daemon.js'),
  pytest: () => import('./commands/pytest.js'),
  source: () => import('./commands/source/index.js'),
  config: () => import('./commands/config/index.js'),
  doctor: () => import('./commands/doctor.js'),
  plugin: () => import('./commands/plugin/index.js'),
  secret: () => import('./commands/secret.js'),
  demo: () => import('./commands/demo.js'),
  'swarm-demo': () => import('./commands/swarm-demo.js'),
  stress: () => import('./commands/stress.js'),
};

const WITH_SUBCOMMANDS: ReadonlySet<string> = new Set(['plugin', 'source', 'config']);

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-V') {
    print(findInstallation().version);
    return EXIT.ok;
  }
  if (name === 'help' || name === '--help' || name === '-h') return help(args[0]);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) return unknownCommand(name);
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  // Its subcommands have texts of their own.
  const asksForHelp = !WITH_SUBCOMMANDS.has(name) || own.length === 1;
  if (asksForHelp && (own.includes('--help') || own.includes('-h'))) return help(name);
  try {
    return await (await load()).run(args);
  } catch (error) {
    sayError(error, name);
    return exitCodeOf(error);
  }
}

function unknownCommand(name: string): number {
  say(`waitbus: there is no command ${name}`);
  say('  waitbus help lists the commands');
  return EXIT.usage;
}

async function help(topic: string | undefined): Promise<number> {
  const { HELP } = await import('./terminal/help.js');
  const text = Object.hasOwn(HELP, topic ?? 'waitbus') ? HELP[topic ?? 'waitbus'] : undefined;
  if (text === undefined) return unknownCommand(String(topic));
  printText(text);
  return EXIT.ok;
}

refuseInspector();
watchOutput();

/** What a harness reads as a decision: never an error of ours. */
const FAILS_OPEN = 'hook';

async function leave(code: number): Promise<never> {
  const [command = ''] = process.argv.slice(2);
  const end = await written(code, command);
  process.exit(command === FAILS_OPEN ? code : end);
}

main(process.argv.slice(2)).then(
  async (code) => {
    // The daemon ends when its last connection has; every other command ends now.
    process.exitCode = code;
    if (process.argv[2] !== 'daemon' || code !== EXIT.ok) await leave(code);
  },
  async (error: unknown) => {
    sayError(error, process.argv[2] ?? '');
    await leave(exitCodeOf(error));
  },
);
