/** Variables of another process of this user, as they were when it started, by the system's word. */
import { readFileSync } from 'node:fs';

/** @returns those of the names that are set; null where the system does not tell */
export function variablesOf(
  pid: number | null,
  names: readonly string[],
): Readonly<Record<string, string>> | null {
  if (pid === null || process.platform !== 'linux') return null;
  if (names.length === 0) return {};
  let environment: string;
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return null;
  }
  const wanted = new Set(names);
  const found = environment.split('\0').flatMap((variable): [string, string][] => {
    const [name = ''] = variable.split('=', 1);
    return wanted.has(name) ? [[name, variable.slice(name.length + 1)]] : [];
  });
  // Of a name that stands twice the first counts, as for getenv.
  return Object.fromEntries(found.reverse());
}
