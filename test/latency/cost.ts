/** What a part of waitbus costs those who do not wait for it. */
import { pytest } from './costs/pytest.js';

export interface Cost {
  readonly source: string;
  /** What was compared, as a sentence without its end, for people. */
  readonly what: string;
  /** Why it cannot be measured here; null when it can. */
  missing(): string | null;
  /** @returns the figure, with its unit */
  measure(): Promise<string>;
}

export const COSTS: readonly Cost[] = [pytest];
