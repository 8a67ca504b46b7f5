/** What the argument of `waitbus plugin add` names: pure. */
import { isAbsolute } from 'node:path';
import { isPackageName } from '@waitbus/plugin-sdk/manifest';
import { UsageError } from '../terminal/exit.js';
import { absolutePath } from '../working-directory.js';

export type Spec =
  | { readonly kind: 'registry'; readonly name: string; readonly range: string }
  | { readonly kind: 'tarball' | 'directory'; readonly path: string };

/**
 * @param isDirectory whether a path is one, or null when there is nothing
 * @throws UsageError for what cannot be installed, with what can
 */
export function parseSpec(
  text: string,
  cwd: string,
  isDirectory: (path: string) => boolean | null,
): Spec {
  if (/^\.{0,2}\//.test(text) || /^\.{1,2}$/.test(text) || isAbsolute(text)) {
    const path = absolutePath(text, cwd);
    const directory = isDirectory(path);
    if (directory === null) throw new UsageError(`there is no ${path}`);
    return { kind: directory ? 'directory' : 'tarball', path };
  }
  if (/\.(tgz|tar\.gz)$/.test(text)) throw new UsageError(`write ./${text} for a file`);
  const at = text.indexOf('@', 1);
  const name = at === -1 ? text : text.slice(0, at);
  const range = at === -1 ? 'latest' : text.slice(at + 1);
  if (/^(git|https?|ssh|file|link|npm)[+:]/.test(text) || /^(git|https?|file|npm):/.test(range)) {
    throw new UsageError(
      `${text} is no package of the registry; give a name, ./file.tgz or ./directory`,
    );
  }
  if (!isPackageName(name) || range === '') {
    throw new UsageError(`${text} is no name of a package, with or without @range`);
  }
  return { kind: 'registry', name, range };
}
