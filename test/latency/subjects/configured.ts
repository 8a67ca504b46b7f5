/** Turns a source on in a sandbox, before its daemon starts: its section, and its secret. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../support/sandbox.js';

export async function configure(
  box: Sandbox,
  source: string,
  section: object,
  [name, value]: readonly [string, string],
): Promise<void> {
  mkdirSync(box.paths.configDir, { recursive: true });
  const config = JSON.stringify({ sources: { [source]: section } });
  writeFileSync(join(box.paths.configDir, 'config.json'), config);
  const { code, stderr } = await box.run(['secret', 'set', name, '--for', source], value);
  if (code !== 0) throw new Error(stderr);
}
