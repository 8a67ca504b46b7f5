/**
 * What the author tells the kit about a source: how to configure it, and how to make it emit. Loaded
 * from a module of the package that is not published with it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SourceEvent } from '../envelope/index.js';
import type { Waiter } from '../waiter.js';
import { Failure, messageOf } from './failure.js';

export interface SetupContext {
  /** The source, where a package has several. */
  readonly source: string;
  /** An empty temporary directory, removed afterwards. */
  readonly directory: string;
  /** The HOME of the source, empty at first: for files that it reads there, such as credentials. */
  readonly home: string;
  /** Counts the runs of the source that observe the same directory, from 0. */
  readonly run: number;
}

/** A run of the source that is to observe what `provoke` makes happen. */
export interface ObservedRun {
  readonly config: unknown;
  readonly roots: readonly string[];
  /** Everything it emitted so far. */
  readonly events: readonly SourceEvent[];
}

export interface ProvokeContext {
  readonly source: string;
  readonly directory: string;
  readonly home: string;
  /** Counts the calls, from 1: for names that do not repeat. */
  readonly round: number;
  /** Most often one; two when it is checked that both call the same happening the same. */
  readonly runs: readonly ObservedRun[];
  /** The first run's. */
  readonly config: unknown;
  readonly roots: readonly string[];
  /**
   * Resolves once every run has emitted, since this call of `provoke` began, an event of this type,
   * or one that a function says yes to; resolves with the first run's.
   */
  until(wanted: string | ((event: SourceEvent) => boolean)): Promise<SourceEvent>;
}

type Value<T> = T | ((context: SetupContext) => T | Promise<T>);

/** A waiter as an author writes it. */
export type ScenarioWaiter = Omit<Waiter, 'id' | 'env'> & Partial<Pick<Waiter, 'env'>>;

export interface Scenario {
  /** The source's section of the configuration. */
  readonly config?: Value<unknown>;
  /** The directories of its waiters. Default: the temporary directory. */
  readonly roots?: Value<readonly string[]>;
  /** Who waits on it. Default: one under each of the roots that waits for anything. */
  readonly waiters?: Value<readonly ScenarioWaiter[]>;
  readonly secrets?: Value<Readonly<Record<string, string>>>;
  /** Values for the environment variables that the manifest declares. */
  readonly env?: Value<Readonly<Record<string, string>>>;
  /** Makes happen, once, what the source observes: every declared event type comes of it. */
  readonly provoke?: (context: ProvokeContext) => void | Promise<void>;
  /** Throws if these events, of one call of `provoke`, are not what they should be. */
  readonly expect?: (events: readonly SourceEvent[]) => void | Promise<void>;
  /** Ends what the functions above started for this directory. */
  readonly close?: (context: { readonly directory: string }) => void | Promise<void>;
}

export const SCENARIO_FILES = [
  'waitbus.conformance.mjs',
  'waitbus.conformance.js',
  'conformance.mjs',
  'conformance.js',
] as const;

const MEMBERS = ['config', 'roots', 'waiters', 'secrets', 'env', 'provoke', 'expect', 'close'];

/** @throws Failure when there is such a module and it is not one */
export async function loadScenario(directory: string): Promise<Scenario> {
  const name = SCENARIO_FILES.find((file) => existsSync(join(directory, file)));
  if (name === undefined) return {};
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(join(directory, name)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new Failure(`${name} cannot be loaded: ${messageOf(error)}`);
  }
  const { default: whole, ...members } = module;
  const scenario = Object(whole ?? members) as Record<string, unknown>;
  const unknown = Object.keys(scenario).filter((key) => !MEMBERS.includes(key));
  if (unknown.length === 0) return scenario;
  throw new Failure(`${name} exports ${unknown.join(', ')}; known are ${MEMBERS.join(', ')}`);
}

export async function valueOf<T>(value: Value<T> | undefined, context: SetupContext): Promise<T> {
  if (typeof value !== 'function') return value as T;
  return (value as (given: SetupContext) => T | Promise<T>)(context);
}
