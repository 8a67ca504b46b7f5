/**
 * Whether programs have reported under an emit-only source where somebody waits: asked of the newest
 * events in the log, and remembered for a moment, since many may wait in one directory.
 */
import { dirname, resolve } from 'node:path';
import { all, compare, oneOf, type Predicate } from '@waitbus/kernel/predicate';
import type { WaitNote } from '@waitbus/plugin-sdk';

/** Whether one of the newest `rows` events meets `common` and one of the others. */
export type SeenLately = (common: Predicate, anyOf: readonly Predicate[], rows: number) => boolean;

/** How many of the newest events are looked at: an event may have 64 KiB. */
const LOOKED_AT = 512;
const REMEMBERED_MS = 1000;

export class Reports {
  readonly #seenLately: SeenLately;
  readonly #clock: () => number;
  readonly #known = new Map<string, { readonly at: number; readonly reports: boolean }>();

  constructor(seenLately: SeenLately, clock: () => number = () => performance.now()) {
    this.#seenLately = seenLately;
    this.#clock = clock;
  }

  /** In the directory, below it, or from a directory that it lies in. @param directory null: anywhere */
  has(source: string, directory: string | null): boolean {
    const key = `${source} ${directory ?? ''}`;
    const now = this.#clock();
    for (const [old, { at }] of this.#known) if (now - at > REMEMBERED_MS) this.#known.delete(old);
    const known = this.#known.get(key);
    if (known !== undefined) return known.reports;
    const ofSource = all([oneOf(['fields', 'source'], [source])]);
    const reports = this.#seenLately(ofSource, placesOf(directory), LOOKED_AT);
    this.#known.set(key, { at: now, reports });
    return reports;
  }

  /** Something was reported. */
  forget(): void {
    this.#known.clear();
  }
}

export function nothingReports(directory: string | null, turnOn: string): WaitNote {
  const where = directory === null ? '' : ` in ${directory}`;
  const detail = `nothing reports here yet${where}`;
  return { code: 'nothing_reports', level: 'warning', detail, remedy: turnOn };
}

/** `fields.cwd` is where a program ran. */
function placesOf(directory: string | null): readonly Predicate[] {
  if (directory === null) return [all([])];
  const here = resolve(directory);
  const below = here === '/' ? '/' : `${here}/`;
  const parents = [here];
  for (let at = here; dirname(at) !== at; at = dirname(at)) parents.push(dirname(at));
  const path = ['fields', 'cwd'];
  return [all([oneOf(path, parents)]), all([compare('^=', path, below)])];
}
