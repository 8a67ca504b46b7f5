/** `waitbus run -- command`: any command as an agent whose start, end and death are events. */
import { parseArgs } from 'node:util';
import { checkAgentName, NAME_VARIABLE, nameOfProgram } from '../client/agent-name.js';
import { codeOf, runCommand, Signals, whyNot } from '../run/command.js';
import { endedEvent, startedEvent, will, type RunFacts } from '../run/run-events.js';
import { RunPresence } from '../run/run-presence.js';
import { uniqueKey } from '../spool/unique-key.js';
import { say, UsageError } from '../terminal/exit.js';
import { workingDirectoryOrNull } from '../working-directory.js';
import { headBranch } from './git-head.js';

export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--');
  const command = at < 0 ? [] : args.slice(at + 1);
  const { values } = parseArgs({
    args: args.slice(0, at < 0 ? args.length : at),
    options: { name: { type: 'string' }, 'no-autostart': { type: 'boolean' } },
    strict: true,
  });
  const [program] = command;
  if (program === undefined || program === '') {
    throw new UsageError('the command comes after --, as in waitbus run -- npm test');
  }
  const name = checkAgentName(
    values.name ?? (process.env[NAME_VARIABLE] || nameOfProgram(program)),
  );
  // The command comes first: where it runs is only told.
  const cwd = workingDirectoryOrNull();
  const facts: RunFacts = {
    name,
    runId: uniqueKey(),
    program: program.slice(program.lastIndexOf('/') + 1),
    cwd,
    branch: cwd === null ? null : headBranch(cwd),
  };
  return new Run(facts, command, values['no-autostart'] === true).run();
}

class Run {
  readonly #facts: RunFacts;
  readonly #command: readonly string[];
  readonly #presence: RunPresence;

  constructor(facts: RunFacts, command: readonly string[], noAutostart: boolean) {
    this.#facts = facts;
    this.#command = command;
    this.#presence = new RunPresence({
      name: facts.name,
      will: will(facts, null),
      onTrouble: (what) => say(`waitbus run: ${what}`),
      ...(noAutostart ? { autostart: false } : {}),
    });
  }

  async run(): Promise<number> {
    const signals = new Signals();
    const early = await Promise.race([this.#presence.begin(), signals.first]);
    if (early !== undefined) {
      await this.#presence.leave();
      return codeOf(early);
    }
    const started = performance.now();
    let told: Promise<void> = Promise.resolve();
    const env = { ...process.env, [NAME_VARIABLE]: this.#facts.name };
    const end = await runCommand(this.#command, env, signals, (pid) => {
      told = this.#presence.started(startedEvent(this.#facts, pid), will(this.#facts, pid));
    });
    const took = performance.now() - started;
    if (end.error !== null) say(`waitbus run: ${this.#command[0]}: ${whyNot(end.error)}`);
    await told;
    await this.#presence.ended(endedEvent(this.#facts, end, took, signals.received));
    return end.exitCode;
  }
}
