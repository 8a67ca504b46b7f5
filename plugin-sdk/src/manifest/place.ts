/**
 * The places that `fsRead` and `fsWrite` name: pure. One spelling each, so that what is agreed to is
 * what is granted: `*` for everything, `~` for the home directory, else an absolute path or one
 * below `~`, for a file or for a directory and all below it. `dir/*` is the same as `dir`.
 */

/** What is wrong with a place, or null. */
export function placeProblem(place: string): string | null {
  if (place === '*' || place === '~') return null;
  if (!place.startsWith('/') && !place.startsWith('~/')) {
    return 'must be an absolute path, a ~/path or "*"';
  }
  const segments = place.slice(place.indexOf('/') + 1).split('/');
  const named = segments.at(-1) === '*' ? segments.slice(0, -1) : segments;
  if (named.length === 0) return 'must be written "*" for everything, "~" for the home directory';
  if (named.some((one) => one.includes('*'))) return 'may have * as its whole last segment only';
  if (named.some((one) => ['', '.', '..'].includes(one))) {
    return 'must be without empty, . and .. segments';
  }
  return null;
}

/**
 * The absolute directory or file that a place stands for.
 * @param home null when it is not known
 * @returns null for everything; undefined for what is no place, or below a home that is not known
 */
export function placeAt(place: string, home: string | null): string | null | undefined {
  if (place === '*') return null;
  if (placeProblem(place) !== null) return undefined;
  const plain = place.replace(/\/\*$/, '');
  if (!plain.startsWith('~')) return plain;
  if (home === null) return undefined;
  return home === '/' && plain === '~' ? null : `${home.replace(/\/$/, '')}${plain.slice(1)}`;
}
