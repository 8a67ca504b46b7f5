/** A command made of subcommands: finds the one that is named, loads only that, and gives errors their codes. */
import { say, sayError } from '../terminal/exit.js';
import { printText, sayText } from '../terminal/print.js';

export interface Subcommand {
  readonly run: (args: readonly string[]) => Promise<number>;
  readonly help: string;
}

export type Subcommands = Readonly<Record<string, () => Promise<Subcommand>>>;

export interface Codes {
  readonly usage: number;
  readonly of: (error: unknown) => number;
}

/** @param command its name, and that of its text among the help texts */
export async function runSubcommand(
  command: string,
  subcommands: Subcommands,
  codes: Codes,
  [name, ...args]: readonly string[],
): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const { HELP } = await import('../terminal/help.js');
    (name === undefined ? sayText : printText)(HELP[command] ?? '');
    return name === undefined ? codes.usage : 0;
  }
  const load = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (load === undefined) {
    const isOption = name.startsWith('-');
    say(`waitbus ${command}: there is no ${isOption ? 'option' : 'subcommand'} ${name}`);
    say(
      isOption
        ? `  waitbus ${command} --help shows how it is used`
        : `  waitbus help ${command} lists them`,
    );
    return codes.usage;
  }
  const subcommand = await load();
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  if (own.includes('--help') || own.includes('-h')) {
    printText(subcommand.help);
    return 0;
  }
  try {
    return await subcommand.run(args);
  } catch (error) {
    sayError(error, `${command} ${name}`);
    return codes.of(error);
  }
}
