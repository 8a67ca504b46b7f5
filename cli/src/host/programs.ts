/** Finding a program on a PATH. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable of that name, or null. */
export function programOnPath(name: string, path: string): string | null {
  const candidates = path.split(delimiter).map((directory) => join(directory, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
