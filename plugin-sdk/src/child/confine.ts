/**
 * Keeps the modules of a source from importing what no pin lists: Node looks for a package in every
 * directory above, and require() in the home directory as well. A module within the source's own
 * directories gets built-in modules and what lies there; anything else is not found, so that a
 * package that can do without an optional one still does. The runner's own modules are not held.
 */
import { realpathSync } from 'node:fs';
import nodeModule from 'node:module';
import { isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Resolved {
  readonly url: string;
}

/** What Node has from 20.19 on, some of it not in the types of its oldest version. */
interface Internals {
  _resolveFilename(
    request: string,
    parent: { filename?: string | null } | null,
    ...more: unknown[]
  ): string;
  /** From 22.15 on: import and require alike. */
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: { readonly parentURL?: string },
      next: (specifier: string, context: object) => Resolved,
    ): Resolved;
  }): void;
}

const internals = nodeModule as unknown as Internals;

/** @param roots absolute directories */
export function confineModules(roots: readonly string[]): void {
  const real = roots.map(realOr);
  const isWithin = (file: string) =>
    real.some((root) => root === sep || file === root || file.startsWith(root + sep));
  const leaves = (from: string | null | undefined, found: string): from is string =>
    typeof from === 'string' && isWithin(from) && !isWithin(found);
  const resolve = internals._resolveFilename.bind(internals);
  internals._resolveFilename = (request, parent, ...more) => {
    const found = resolve(request, parent, ...more);
    const from = parent?.filename;
    if (isAbsolute(found) && leaves(from, found)) throw notFound(request, from, 'MODULE_NOT_FOUND');
    return found;
  };
  internals.registerHooks?.({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      const from = fileOf(context.parentURL);
      const file = fileOf(found.url);
      if (file !== null && leaves(from, file)) {
        throw notFound(specifier, from, 'ERR_MODULE_NOT_FOUND');
      }
      return found;
    },
  });
}

function fileOf(url: string | undefined): string | null {
  return url?.startsWith('file:') === true ? fileURLToPath(url) : null;
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function notFound(request: string, from: string, code: string): Error {
  const message = `Cannot find '${request}', imported from ${from}, within the package's own files`;
  return Object.assign(new Error(message), { code });
}
