/**
 * Asks a source what it makes of a section of the configuration: its package is compared with the
 * pin, then its process is started as the host starts it, loads the code and examines. It is never
 * started as a source, gets no secret, and is ended at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type Json } from '@waitbus/plugin-sdk/envelope';
import type { Examined } from '@waitbus/plugin-sdk';
import { loadMessage, type ForkSource, type SourceChild } from '../host/child.js';
import { forPeople } from '../host/for-people.js';
import type { InstalledSource, Quarantine } from '../host/inventory.js';

export interface Asking {
  readonly fork: ForkSource;
  readonly verify: (source: InstalledSource) => Promise<Quarantine | null>;
  readonly limitMs?: number;
}

/** What it said, or why it could not be asked. */
export type Answer =
  | ({ readonly asked: true } & Examined)
  | { readonly asked: false; readonly reason: string; readonly remedy: string };

const LIMIT_MS = 10_000;
const MAX_ISSUES = 100;
const MAX_CHARACTERS = 500;

/** Never rejects because of the source. */
export async function askSource(
  source: InstalledSource,
  section: unknown,
  { fork, verify, limitMs = LIMIT_MS }: Asking,
): Promise<Answer> {
  const quarantine = source.quarantine ?? (await verify(source));
  if (quarantine !== null) return { asked: false, ...quarantine };
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-ask-'));
  try {
    return { asked: true, ...(await examine(source, section, fork, directory, limitMs)) };
  } catch (error) {
    const reason = forPeople((error as Error).message, MAX_CHARACTERS);
    const remedy = `waitbus plugin verify ${source.packageName} compares it with its pin.`;
    return { asked: false, reason, remedy };
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function examine(
  source: InstalledSource,
  section: unknown,
  fork: ForkSource,
  directory: string,
  limitMs: number,
): Promise<Examined> {
  let exited: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (exited = resolve));
  let child: SourceChild | null = null;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Examined>((resolve, reject) => {
      const fail = (reason: string) => reject(new Error(reason));
      timer = setTimeout(() => fail(`load took over ${limitMs / 1000} s`), limitMs);
      child = fork(source, directory, {
        onMessage: (message) => {
          const { type, message: text } = message as Record<string, unknown>;
          if (type === 'done') child?.send({ type: 'examine', config: section });
          if (type === 'failed') fail(String(text));
          if (type !== 'examined') return;
          const examined = examinedOf(message);
          if (examined === null) fail('it sent no message of the contract');
          else resolve(examined);
        },
        onBroken: fail,
        onOutput: () => undefined,
        onExit: (how) => {
          fail(`it ended while it was asked (${how})`);
          exited();
        },
      });
      child.send(loadMessage(source));
    });
  } finally {
    clearTimeout(timer);
    (child as SourceChild | null)?.kill();
    if (child !== null) await gone;
  }
}

/** The source's own code holds the other end: nothing about its message is taken for granted. */
function examinedOf(message: unknown): Examined | null {
  if (!isObject(message)) return null;
  const { issues, config = null, schema = null } = message;
  if (!Array.isArray(issues)) return null;
  const checked = issues
    .slice(0, MAX_ISSUES)
    .filter(
      (issue): issue is Record<string, unknown> => isObject(issue) && Array.isArray(issue['path']),
    );
  if (issues.length > 0 && checked.length === 0) return null;
  return {
    issues: checked.map(({ path, message: text, unknown }) => ({
      path: (path as unknown[]).map((key) => (typeof key === 'number' ? key : String(key))),
      message: forPeople(String(text), MAX_CHARACTERS),
      unknown: unknown === true,
    })),
    config: config as Json,
    schema: isObject(schema) ? (schema as Json) : null,
  };
}
