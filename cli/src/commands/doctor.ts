/** `waitbus doctor`: looks at everything that waitbus rests on, and says what mends what is broken. */
import { parseArgs } from 'node:util';
import { HARNESS_NAMES, harnessOf } from 'waitbus-source-agent/harnesses';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { examineLive } from '../doctor/live/examine-live.js';
import { findInstallation } from '../installation.js';
import { resolvePaths } from '../paths.js';
import { everyCommand } from './install/arguments.js';
import { EXIT, exitCodeOf, print, say, sayError, UsageError } from '../terminal/exit.js';
import { printText } from '../terminal/print.js';
import { statusLine } from '../terminal/status-line.js';
import { workingDirectory } from '../working-directory.js';

const SOURCE_TIMEOUT_MS = 5000;

/** It is a bundle of its own, so its errors are judged here. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await doctor(args);
  } catch (error) {
    sayError(error, 'doctor');
    return exitCodeOf(error);
  }
}

async function doctor(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      json: { type: 'boolean' },
      live: { type: 'string' },
      'no-autostart': { type: 'boolean' },
    },
  });
  const line = statusLine(process.env, !process.stderr.isTTY);
  const progress = (what: string) => line.update(`waitbus doctor: ${what}`);
  const findings = await (
    values.live === undefined
      ? examine({
          paths: resolvePaths(),
          installation: findInstallation(),
          env: process.env,
          autostart: values['no-autostart'] !== true,
          sourceTimeoutMs: SOURCE_TIMEOUT_MS,
          progress,
          now: Date.now,
        })
      : live(values.live, progress)
  ).finally(() => line.clear());
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (values.json === true) {
    printText(JSON.stringify({ ok: problems === 0, findings }, null, 2));
  } else {
    printFindings(findings);
    const warnings = findings.filter(({ level }) => level === 'warning').length;
    say(summary(problems, warnings));
  }
  return problems === 0 ? EXIT.ok : EXIT.failure;
}

async function live(name: string, progress: (what: string) => void): Promise<Finding[]> {
  const harness = harnessOf(name);
  if (harness === null) {
    throw new UsageError(`there is no harness ${name}; there are ${HARNESS_NAMES.join(', ')}`);
  }
  const [project, commands] = [workingDirectory(), everyCommand()];
  return examineLive({ harness, env: process.env, project, commands, progress });
}

function printFindings(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { level, check, message, remedy } of findings) {
    print(`${level.padEnd(7)}  ${check.padEnd(width)}  ${message}`);
    if (remedy !== '') print(`${' '.repeat(width + 11)}${remedy}`);
  }
}

function summary(problems: number, warnings: number): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const said = [
    ...(problems === 0 ? [] : [count(problems, 'problem')]),
    ...(warnings === 0 ? [] : [count(warnings, 'warning')]),
  ];
  return said.length === 0 ? 'all is well' : said.join(', ');
}
