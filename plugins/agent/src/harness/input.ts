/** Reads what a harness wrote into a hook's stdin: any member may be absent or of any type. Pure. */
import { posix } from 'node:path';
import type { HookInput } from './contract.js';

export type Body = Readonly<Record<string, unknown>>;

const NOTHING: Body = {};

export function bodyOf({ body }: HookInput): Body {
  return body ?? NOTHING;
}

/** The first of these members that is a text with something in it. */
export function text(body: Body, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = own(body, key);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The first of these members that is true. */
export function flag(body: Body, ...keys: readonly string[]): boolean {
  return keys.some((key) => own(body, key) === true);
}

export function count(body: Body, key: string): number {
  const value = own(body, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** The first of these members that is an object; one that is JSON text of an object is read. */
export function object(body: Body, ...keys: readonly string[]): Body {
  for (const key of keys) {
    const value = own(body, key);
    const read = typeof value === 'string' ? parse(value) : value;
    if (isBody(read)) return read;
  }
  return NOTHING;
}

/** A moment as it can stand in a key: text, or a number. */
export function moment(body: Body, key: string): string | undefined {
  const value = own(body, key);
  if (typeof value === 'string' && value !== '') return value.slice(0, 64);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/** Where the session works: what the harness says, else where the hook runs. */
export function cwdOf(input: HookInput, ...keys: readonly string[]): string {
  const said = text(bodyOf(input), ...keys);
  return said !== undefined && said.startsWith('/') ? said : input.cwd;
}

/** A path as the tool was given it, made absolute. */
export function absolute(cwd: string, path: string): string {
  return posix.resolve(cwd, path);
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Not what is inherited: a key of ours may be the name of a method. */
function own(body: Body, key: string): unknown {
  return Object.hasOwn(body, key) ? body[key] : undefined;
}
