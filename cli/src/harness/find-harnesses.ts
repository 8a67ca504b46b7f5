/** Which harnesses are on this machine, by their signs: programs on PATH, directories in the home. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { HARNESSES, type Harness } from 'waitbus-source-agent/harnesses';

export function findHarnesses(home: string, path: string): Harness[] {
  const directories = path.split(delimiter).filter((directory) => directory !== '');
  return Object.values(HARNESSES).filter(
    ({ signs }) =>
      signs.programs.some((name) => directories.some((one) => isProgram(join(one, name)))) ||
      signs.directories.some((name) => isDirectory(join(home, name))),
  );
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The root of the checkout that a directory is in, else the directory. */
export function projectOf(directory: string): string {
  for (let at = directory; ; at = join(at, '..')) {
    if (statSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return at;
    if (at === join(at, '..')) return directory;
  }
}
