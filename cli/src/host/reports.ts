/** Whether programs have reported under an emit-only source where somebody waits: what to ask the log. Pure. */
import { dirname, resolve } from 'node:path';
import { all, compare, oneOf, type Predicate } from '@waitbus/kernel/predicate';
import type { WaitNote } from '@waitbus/plugin-sdk';

/** How many of the newest events are looked at. */
export const LOOKED_AT = 2000;

/**
 * An event that meets one of these was reported in the directory, below it, or from a directory that
 * it lies in: `fields.cwd` is where a program ran.
 */
export function reportsIn(source: string, directory: string | null): readonly Predicate[] {
  const ofSource = oneOf(['fields', 'source'], [source]);
  if (directory === null) return [all([ofSource])];
  const here = resolve(directory);
  const below = here === '/' ? '/' : `${here}/`;
  return [
    all([ofSource, oneOf(['fields', 'cwd'], withParents(here))]),
    all([ofSource, compare('^=', ['fields', 'cwd'], below)]),
  ];
}

export function nothingReports(directory: string | null, turnOn: string): WaitNote {
  const where = directory === null ? '' : ` in ${directory}`;
  const detail = `nothing reports here yet${where}`;
  return { code: 'nothing_reports', level: 'warning', detail, remedy: turnOn };
}

function withParents(directory: string): string[] {
  const parents = [directory];
  for (let at = directory; dirname(at) !== at; at = dirname(at)) parents.push(dirname(at));
  return parents;
}
