/** Which file to run in place of a compiled entry module: pure, but for the question what is there. */

const COMPILED: Readonly<Record<string, string>> = { '.js': '.ts', '.mjs': '.mts', '.cjs': '.cts' };

/**
 * @param entry as in the manifest, such as ./dist/index.js
 * @param exists whether a path of the package is there
 * @returns its TypeScript if that is there, else itself if it is, else null
 */
export function devEntry(entry: string, exists: (path: string) => boolean): string | null {
  return [...typescriptOf(entry), entry].find(exists) ?? null;
}

/** Where the TypeScript of a compiled module may lie, the likeliest first. */
export function typescriptOf(entry: string): string[] {
  const [, path = '', extension = ''] = /^\.\/(.*?)(\.[cm]?js)$/.exec(entry) ?? [];
  const source = COMPILED[extension];
  if (source === undefined) return [];
  const [first = '', ...rest] = path.split('/');
  const inner = rest.length === 0 ? first : rest.join('/');
  return [`./src/${inner}${source}`, `./${inner}${source}`, `./${path}${source}`];
}
