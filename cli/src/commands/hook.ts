/**
 * `waitbus hook HARNESS [EVENT]`: what a coding agent's harness runs at each of its moments. It fails
 * open: whatever goes wrong, it ends with 0 and says nothing, since a harness takes stdout for a
 * decision and exit code 2 for a refusal.
 */
import { parseArgs } from 'node:util';
import { harnessOf } from 'waitbus-source-agent/harnesses';
import { parseDuration } from '../duration.js';
import { runHook, type HookEnd } from '../hook/hook.js';
import { readInput } from '../hook/read-input.js';
import { sessionWakes } from '../hook/session-wakes.js';
import { parseBudget, type Budget } from '../wake/budget.js';
import { EXIT, say } from '../terminal/exit.js';
import { answered } from '../terminal/print.js';
import { asPlainError } from '../system-error.js';
import { workingDirectoryOrNull } from '../working-directory.js';

/** All that is not holding has to be done by then. */
const PATIENCE_MS = 5000;

const OPTIONS = {
  hold: { type: 'string' },
  budget: { type: 'string' },
  again: { type: 'boolean' },
  'no-autostart': { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  let end: HookEnd | null = null;
  try {
    const holdMs = holdOf(args);
    const late = new Promise<null>((resolve) => {
      setTimeout(resolve, holdMs + PATIENCE_MS, null).unref();
    });
    end = await Promise.race([hook(args, holdMs), late]);
  } catch (error) {
    // For whoever tries it at a terminal; with exit code 0 no harness reads it.
    say(`waitbus hook: ${asPlainError(error).message}`);
  }
  if (end === null) return EXIT.ok;
  const { stdout, stderr, code } = end.answer;
  if (!(await answered('stdout', stdout)) || !(await answered('stderr', stderr))) {
    // Nobody has it: it is given to the next one who asks.
    return EXIT.ok;
  }
  await end.confirm().catch(() => undefined);
  return code;
}

async function hook(args: readonly string[], holdMs: number): Promise<HookEnd | null> {
  const { values, positionals } = parse(args);
  const [name = '', ...rest] = positionals;
  const harness = harnessOf(name);
  if (harness === null) throw new Error(`there is no harness ${name}`);
  const isNotified = rest.at(-1)?.startsWith('{') === true;
  const budget = budgetOf(values.budget);
  const reads = harness.input === 'stdin' && !isNotified;
  const body = reads ? await readInput(process.stdin) : null;
  return runHook({
    harness,
    input: {
      body,
      args: rest,
      env: process.env,
      cwd: workingDirectoryOrNull() ?? (process.env['PWD'] || '/'),
    },
    holdMs,
    again: values.again === true,
    // A daemon that has just been told something is there, or nothing wakes anybody.
    wakes: sessionWakes({ autostart: false }, budget),
    reach: values['no-autostart'] === true ? { autostart: false } : {},
  });
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: true });
}

function holdOf(args: readonly string[]): number {
  const { hold } = parse(args).values;
  const milliseconds = hold === undefined ? 0 : parseDuration(hold);
  if (milliseconds === null) throw new Error(`--hold ${hold} is not a duration such as 30s`);
  return milliseconds;
}

function budgetOf(text: string | undefined): Budget | undefined {
  if (text === undefined) return undefined;
  const budget = parseBudget(text);
  if (budget === null) throw new Error(`--budget ${text} is not a number in a time, such as 20/1h`);
  return budget;
}
