/** An option that counts. */
import { UsageError } from '../terminal/exit.js';

export function wholeNumber(option: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new UsageError(`${option} ${text} is not a whole number from ${least}`);
}
