/** What an installation changes, as a unified diff. Pure. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { FileChange } from './installer.js';

const NONE = '/dev/null';

export function unifiedDiff({ file, before, after }: FileChange): string {
  const names = [before === null ? NONE : file, after === null ? NONE : file] as const;
  return createTwoFilesPatch(...names, before ?? '', after ?? '', undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
