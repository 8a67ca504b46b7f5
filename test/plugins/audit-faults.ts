/** What an audit finds, one fault for each exit code, and how a box is brought into it. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pin } from '@waitbus/plugin-sdk/lockfile';
import type { PluginBox } from './support.js';

export const MINE = 'waitbus-source-mine';

/** Brings a box with one sound plugin into a state, and says what the audit needs to see it. */
interface Fault {
  readonly code: number;
  readonly rule: string;
  readonly make: (box: PluginBox) => Promise<readonly string[]>;
}

/** Each works on a plugin of its own, so that two of them can be in one box. */
const named = (rule: string) => ({ name: `waitbus-source-${rule}`, source: rule });

async function pinned(box: PluginBox, rule: string): Promise<string> {
  await box.add(await box.tarball(named(rule)));
  return named(rule).name;
}

export function change(box: PluginBox, name: string, members: Partial<Pin>): void {
  box.rewrite((plugins) => ({ ...plugins, [name]: { ...box.pin(name), ...members } }));
}

export const FAULTS: readonly Fault[] = [
  {
    code: 76,
    rule: 'content-mismatch',
    make: async (box) => {
      writeFileSync(join(box.packageDirectory(await pinned(box, 'bytes')), 'index.js'), '//');
      return [];
    },
  },
  {
    code: 77,
    rule: 'consent-missing',
    make: async (box) => {
      const capabilities = { net: ['*'] };
      await box.add(await box.tarball({ ...named('consent'), capabilities }));
      const { name } = named('consent');
      change(box, name, { capabilities: { ...box.pin(name).capabilities, net: [] } });
      return [];
    },
  },
  {
    code: 78,
    rule: 'name-conflict',
    make: async (box) => {
      const name = await pinned(box, 'thief');
      box.rewrite((plugins) => ({
        ...plugins,
        // Two packages with one name, as a merge of two branches could leave them.
        [name]: { ...box.pin(name), firstPinnedAt: '2030-01-01T00:00:00Z' },
        'waitbus-source-owner': { ...box.pin(name), firstPinnedAt: '2020-01-01T00:00:00Z' },
      }));
      return [];
    },
  },
  {
    code: 66,
    rule: 'not-installed',
    make: async (box) => {
      const name = await pinned(box, 'gone');
      rmSync(join(box.paths.plugins, name), { recursive: true });
      return [];
    },
  },
  {
    code: 65,
    rule: 'evidence-absent',
    make: async (box) => {
      await pinned(box, 'weak');
      return ['--require-evidence', 'provenance'];
    },
  },
  {
    code: 69,
    rule: 'registry-unreachable',
    make: async (box) => {
      change(box, await pinned(box, 'far'), { origin: 'registry', evidence: 'registry' });
      return ['--online'];
    },
  },
];
