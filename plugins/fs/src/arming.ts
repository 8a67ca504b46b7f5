/**
 * What is said to those who wait while their directories come to be watched: what they cannot get,
 * and that a tree takes long. Holds who waits; watches nothing.
 */
import { resolve } from 'node:path';
import type { SourceContext, Waiter, WaitNote } from '@waitbus/plugin-sdk';
import { checkWait } from './check-wait.js';
import { placeOf, type CheckedRoot } from './hearing.js';
import { IgnoreRules } from './ignore-rules.js';
import { shellWord } from './shell-words.js';
import { readStamp } from './stamp.js';
import type { FsConfig } from './start.js';
import { wishesOf, type Wishes } from './wishes.js';

/** Milliseconds after which who waits is told that the tree is not watched yet, and again each. */
const SLOW = 1500;

type Context = Pick<
  SourceContext<FsConfig>,
  'config' | 'watchWaiters' | 'checkWaits' | 'recheckWaits' | 'note' | 'signal'
>;

export class Arming {
  readonly #ctx: Context;
  #waiters: readonly Waiter[] = [];
  #wishes: Wishes = wishesOf([]);
  #recheckDue = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    ctx.watchWaiters((waiters) => {
      this.#waiters = waiters;
      this.#wishes = wishesOf(waiters);
    });
    ctx.checkWaits((waiter) => this.check(waiter));
  }

  get wishes(): Wishes {
    return this.#wishes;
  }

  check(waiter: Waiter): readonly WaitNote[] {
    const { roots, ignore, gitignore } = this.#ctx.config;
    const own = [...(waiter.cwd === null ? [] : [waiter.cwd]), ...roots].map(placeOf);
    const checked = own.map((place): CheckedRoot => ({
      ...place,
      rules: new IgnoreRules(place.real, { ignore, gitignore }),
    }));
    const others = this.#waiters.filter(({ id }) => id !== waiter.id);
    const elsewhere = others.flatMap(({ cwd }) => (cwd === null ? [] : [placeOf(cwd)]));
    return [...checkDirectory(waiter), ...checkWait(waiter, checked, elsewhere)];
  }

  /** Looks at all waits again, once for all that changed in one turn. */
  recheck(): void {
    if (this.#recheckDue) return;
    this.#recheckDue = true;
    setImmediate(() => {
      this.#recheckDue = false;
      if (!this.#ctx.signal.aborted && this.#waiters.length > 0) this.#ctx.recheckWaits();
    });
  }

  /** Waits until roots are watched; meanwhile says so to who waits for one of them. */
  async during(
    work: Promise<void>,
    roots: readonly string[],
    watched: () => number,
  ): Promise<void> {
    let told = false;
    const say = (): void => {
      told = true;
      this.#tell(roots, 'warning', `is not watched yet, ${watched()} directories of it are`);
    };
    const timer = setInterval(say, SLOW);
    try {
      await work;
    } finally {
      clearInterval(timer);
    }
    if (told) this.#tell(roots, 'info', `is watched now, ${watched()} directories`);
  }

  #tell(roots: readonly string[], level: 'info' | 'warning', what: string): void {
    if (this.#ctx.signal.aborted) return;
    for (const { id, cwd } of this.#waiters) {
      if (cwd === null || !roots.includes(resolve(cwd))) continue;
      const detail = `${cwd} ${what}`;
      const hint = level === 'warning' ? '; wait in a smaller directory to be armed sooner' : '';
      this.#ctx.note(id, { code: 'slow_tree', level, detail: detail + hint });
    }
  }
}

function checkDirectory({ cwd }: Waiter): readonly WaitNote[] {
  if (cwd === null || readStamp(placeOf(cwd).real)?.kind === 'directory') return [];
  return [
    {
      code: 'directory_gone',
      level: 'warning',
      detail: `${cwd} is not there: what is in it is told once it is back`,
      remedy: `mkdir -p ${shellWord(cwd)}`,
    },
  ];
}
