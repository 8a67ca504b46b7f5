/**
 * Checks the parts of a configuration that are about sources: whether they are installed, and what
 * each makes of its own section.
 */
import { availableParallelism } from 'node:os';
import { forkWith } from '../host/child.js';
import { takeInventory, verifyAgain, type InstalledSource } from '../host/inventory.js';
import type { Installation } from '../installation.js';
import type { Paths } from '../paths.js';
import { askSource, type Answer } from './ask-source.js';
import { knownKeys, strangeKeys } from './known-keys.js';
import type { Parsed } from './parse.js';
import { pathText, type Path, type Problem } from './problems.js';
import { didYouMean } from './suggest.js';

export type Sources = ReadonlyMap<string, InstalledSource>;

/** Of the configuration, only what is about sources; its shape was checked before or may be wrong. */
export interface AboutSources {
  readonly disabled: readonly string[];
  readonly sources: Readonly<Record<string, unknown>>;
}

export async function installedSources(installation: Installation, paths: Paths): Promise<Sources> {
  return (await takeInventory(installation, paths)).sources;
}

/** Asks every source named, a few at once. Those without a process are left out. */
export async function askSources(
  sections: ReadonlyMap<InstalledSource, unknown>,
  installation: Installation,
  paths: Paths,
): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>();
  const left = [...sections].filter(([{ manifest }]) => manifest.entry !== undefined);
  const fork = forkWith(installation.sourceRunner, process.env);
  const verify = (source: InstalledSource) => verifyAgain(installation, paths, source);
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [source, section] = next;
      answers.set(source.name, await askSource(source, section, { fork, verify }));
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  return answers;
}

/** Every section that a source of the installation has, with what that source says of it. */
export async function checkSections(
  about: AboutSources,
  parsed: Parsed,
  installation: Installation,
  paths: Paths,
): Promise<Problem[]> {
  const installed = await installedSources(installation, paths);
  const asked = new Map<InstalledSource, unknown>();
  for (const [name, section] of Object.entries(about.sources)) {
    const source = installed.get(name);
    if (source !== undefined) asked.set(source, section);
  }
  const answers = await askSources(asked, installation, paths);
  return [
    ...about.disabled.flatMap((name, index) =>
      installed.has(name) ? [] : [absent(name, ['disabled', index], installed, parsed)],
    ),
    ...Object.entries(about.sources).flatMap(([name, section]) => {
      const source = installed.get(name);
      if (source === undefined) return [absent(name, ['sources', name], installed, parsed)];
      return ofSource(source, section, answers.get(name), parsed);
    }),
  ];
}

function absent(name: string, path: Path, installed: Sources, { lineOf }: Parsed): Problem {
  const hint = didYouMean(name, installed.keys());
  const message = `source ${name} is not installed${hint}`;
  return { level: 'warning', path: pathText(path), line: lineOf(path), message };
}

/** @param answer undefined for a source without a process */
function ofSource(
  source: InstalledSource,
  section: unknown,
  answer: Answer | undefined,
  { lineOf }: Parsed,
): Problem[] {
  const root = ['sources', source.name];
  const say = (level: Problem['level'], path: Path, message: string): Problem => {
    const whole = [...root, ...path];
    return { level, path: pathText(whole), line: lineOf(whole), message };
  };
  if (answer === undefined) {
    return [say('warning', [], `nothing reads it: ${source.name} has no process of its own`)];
  }
  if (!answer.asked) {
    return [say('warning', [], `it could not be checked: ${answer.reason}. ${answer.remedy}`)];
  }
  const { issues, schema } = answer;
  if (issues.length > 0) {
    return issues.map(({ path, message, unknown }) => {
      const known = unknown ? knownKeys(schema, path.slice(0, -1)) : null;
      const hint = known === null ? '' : didYouMean(String(path.at(-1)), known);
      return say('error', path, `${message}${hint}`);
    });
  }
  return strangeKeys(schema, section).map(({ path, hint }) =>
    say('warning', path, `${source.name} knows no such key and passes over it${hint}`),
  );
}
