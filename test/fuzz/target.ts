/**
 * What can be fuzzed: seeds, a way to make an input, and properties that hold for every input. One
 * number decides an input, so that any of them can be made again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { randomOf, seedOf } from '../support/property.js';
import type { Random } from './mutate.js';

export interface Target {
  readonly name: string;
  make(random: Random): Buffer;
  /** Throws when a property does not hold. `random` is for choices of the check, chunk sizes say. */
  check(input: Buffer, random: Random): void | Promise<void>;
  /** Ends what the checks used. */
  close?(): void | Promise<void>;
}

/** The input with a number, and the choices that its check makes. */
export function inputOf(
  target: Target,
  seed: number,
  index: number,
): { readonly input: Buffer; readonly random: Random } {
  const random = randomOf(Math.imul(seed, 0x9e3779b1) + index);
  return { input: target.make(random), random };
}

function corpusOf(name: string): string {
  return fileURLToPath(new URL(`corpus/${name}`, import.meta.url));
}

/** Inputs that broke something once, or reach what is hard to reach. */
export function corpus(name: string): readonly (readonly [file: string, input: Buffer])[] {
  const directory = corpusOf(name);
  return readdirSync(directory)
    .sort()
    .map((file) => [file, readFileSync(join(directory, file))]);
}

/** Keeps an input that broke something. Returns its path. */
export function keep(name: string, how: string, input: Buffer): string {
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const file = join(corpusOf(name), `${how}-${digest}`);
  mkdirSync(corpusOf(name), { recursive: true });
  writeFileSync(file, input);
  return file;
}

/** The corpus, then new inputs. */
export async function fuzz(t: TestContext, target: Target, runs: number): Promise<void> {
  t.after(() => target.close?.());
  for (const [file, input] of corpus(target.name)) {
    await explained(target, input, randomOf(1), `corpus/${target.name}/${file}`);
  }
  const seed = seedOf(t);
  for (let index = 0; index < runs; index += 1) {
    const { input, random } = inputOf(target, seed, index);
    await explained(target, input, random, `input ${index}`);
  }
}

async function explained(
  target: Target,
  input: Buffer,
  random: Random,
  what: string,
): Promise<void> {
  try {
    await target.check(input, random);
  } catch (cause) {
    const shown = JSON.stringify(input.toString('latin1', 0, 300));
    throw new Error(`${target.name}, ${what}: ${(cause as Error).message}\n${shown}`, { cause });
  }
}
