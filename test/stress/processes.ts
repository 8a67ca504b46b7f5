/** The processes that have a variable in their environment, by what Linux tells. */
import { readdirSync, readFileSync } from 'node:fs';

export function processesOf(variable: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(variable);
    } catch {
      // Gone meanwhile, or another user's.
      return false;
    }
  });
}
