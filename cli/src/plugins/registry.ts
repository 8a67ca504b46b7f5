/** What the registry says of a published version, through npm. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AskRegistry } from './audit.js';
import { npm } from './npm.js';

interface Dist {
  readonly integrity?: string;
}

/** npm runs in an empty directory, so that no project's .npmrc counts. */
export const registryAnswer: AskRegistry = async (name, version) => {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-npm-'));
  try {
    const dist = await npm(['view', '--prefer-online', `${name}@${version}`, 'dist'], directory);
    return { integrity: (Object(dist) as Dist).integrity ?? null };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
