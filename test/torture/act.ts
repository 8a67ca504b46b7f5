/** What an act is: something that is done to a bus, in a size for tests and one for torture. */
import type { Stage } from './stage.js';

/** `brief` for the test suite, `torture` for a run on and on, `full` for what the promise says. */
export type Scale = 'brief' | 'torture' | 'full';

export type Figures = Readonly<Record<string, number | string>>;

export interface Act {
  readonly name: string;
  /** One sentence. */
  readonly does: string;
  /** Rejects when something that was promised does not hold. */
  readonly run: (stage: Stage, scale: Scale) => Promise<Figures>;
}

export interface ActPlan<Size> {
  readonly name: string;
  readonly does: string;
  readonly sizes: Readonly<Record<'brief' | 'torture', Size>> & { readonly full?: Size };
  readonly run: (stage: Stage, size: Size) => Promise<Figures>;
}

export function defineAct<Size>({ name, does, sizes, run }: ActPlan<Size>): Act {
  const sizeOf = (scale: Scale) =>
    scale === 'full' ? (sizes.full ?? sizes.torture) : sizes[scale];
  return { name, does, run: (stage, scale) => run(stage, sizeOf(scale)) };
}
