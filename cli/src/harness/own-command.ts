/**
 * Which command hooks run to reach this installation of waitbus. A hook runs in another environment
 * than the shell that installs it: the short name is used only where PATH leads to this very
 * installation, and not by way of a directory that only some shells have.
 */
import { realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

export interface OwnCommand {
  readonly argv: readonly string[];
  /** What may go wrong with it later, in whole sentences. */
  readonly warnings: readonly string[];
}

export interface CommandContext {
  readonly path: string;
  readonly node: string;
  /** The program of this installation, a real path. */
  readonly script: string;
  readonly tmp: string;
  /** null: there is no such file. */
  readonly realpath: (file: string) => string | null;
}

/** npx, and what other package managers call it, run a package out of a cache that is cleared. */
const CACHES = [`${sep}_npx${sep}`, `${sep}dlx-`, `${sep}dlx${sep}`, `${sep}bunx-`];

export function ownCommand({ path, node, script, tmp, realpath }: CommandContext): OwnCommand {
  const isCached = CACHES.some((part) => script.includes(part)) || script.startsWith(tmp + sep);
  const warnings = isCached
    ? [
        `This waitbus lies in a directory that may be cleared (${script}), and its hooks end with it: npm install --global waitbus, then install again.`,
      ]
    : [];
  const found = path
    .split(delimiter)
    // Of a package's own scripts, and of npx: not on PATH when a harness runs a hook.
    .filter((directory) => directory !== '' && !directory.endsWith(join('node_modules', '.bin')))
    .map((directory) => realpath(join(directory, 'waitbus')))
    .find((program) => program !== null);
  if (found === script) return { argv: ['waitbus'], warnings };
  const other =
    found === undefined
      ? []
      : [`The waitbus on PATH is another installation (${found}); the hooks run this one.`];
  return { argv: [node, script], warnings: [...warnings, ...other] };
}

export function realpathOf(file: string): string | null {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}
