/**
 * What an author of a source writes. Types only: a plain object of the same shape is accepted, so
 * that a source may have no runtime dependency at all.
 */
import type { Json, SourceEvent } from './envelope/index.js';
import type { WaitNote } from './wait-note.js';
import type { Waiter } from './waiter.js';
import type { Webhook, WebhookOptions } from './webhook/options.js';

/** The part of Standard Schema v1 that the child uses (https://standardschema.dev). */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    /** Standard JSON Schema v1: a library that has it lets editors know the section, too. */
    readonly jsonSchema?:
      { readonly input: (options: { readonly target: 'draft-07' }) => object } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export interface SourceDefinition<Config = unknown> {
  /** The name in the manifest. */
  readonly name: string;
  /** Checks the source's own section of the configuration, and fills in defaults. */
  readonly config?: StandardSchema<Config>;
  /** A schema for the `fields` of each event type. A type without one passes unchecked. */
  readonly events?: Readonly<Record<string, StandardSchema>>;
  /** Begins to observe; must call `ctx.ready()` once an event could no longer be missed. */
  start(ctx: SourceContext<Config>): void | Promise<void>;
}

export interface EmitResult {
  readonly event_id: string;
  /** false: an event with this delivery_id was there already. */
  readonly inserted: boolean;
}

export interface SourceContext<Config = unknown> {
  /**
   * Emits an event. Resolves when it is committed; rejects when it is malformed or refused, with a
   * WaitbusError: WAITBUS_BAD_EVENT will be refused again, a code that begins with WAITBUS_STORE may
   * pass, as a full disk does. At most a bounded number are in flight: awaiting it is the backpressure.
   */
  emit(event: SourceEvent): Promise<EmitResult>;
  readonly config: Config;
  /**
   * The directories of the waiters that activated this source. The handler is called at once and
   * on each change; when its promise resolves, waiters under those roots are told they are armed.
   */
  watchRoots(handler: (roots: readonly string[]) => void | Promise<void>): void;
  /** Those directories as they are now. */
  readonly roots: readonly string[];
  /** The first of them; null while no waiter gave one. */
  readonly cwd: string | null;
  /**
   * Who waits on this source now, and for what. The handler is called at once and on each change;
   * an empty list says that nobody waits.
   */
  watchWaiters(handler: (waiters: readonly Waiter[]) => void): void;
  /**
   * Looks at each wait: what is asked for that cannot come, and how that is mended. Called for every
   * waiter once the source is ready, and again for all after `recheckWaits()`. A waiter is not told
   * that it is armed before its check has answered, or CHECK_MS have passed. What a check returns
   * takes the place of what it returned for that waiter before. What it throws fails the source.
   */
  checkWaits(check: WaitCheck): void;
  /** What the check goes by has changed: every waiter is checked again. */
  recheckWaits(): void;
  /**
   * Says one thing to a waiter, by its id, after every event whose `emit` has resolved. Nothing
   * happens when it is gone.
   */
  note(waiter: number, note: WaitNote): void;
  /**
   * Says in one line how it observes now, for people; a later call replaces it. It is the `detail`
   * of the running source in `waitbus status`, `plugin list` and for waiters: one line of at most
   * 200 characters is kept.
   */
  describe(detail: string): void;
  /**
   * A secret that the user granted with `waitbus secret set NAME --for SOURCE`.
   * @throws WaitbusError WAITBUS_BAD_SECRET, whose remedy is that command
   */
  secret(name: string): string;
  /**
   * Opens an HTTP endpoint on the loopback interface and resolves once it listens. It closes when
   * the source stops; when its port is taken, the source fails.
   */
  webhook(options: WebhookOptions): Promise<Webhook>;
  /** Small durable values, such as resume cursors. */
  readonly state: SourceState;
  readonly log: SourceLog;
  /** Aborted when the source is to stop. */
  readonly signal: AbortSignal;
  /** Says that from now on no event is missed. */
  ready(): void;
  /** Says that the source cannot go on; it is restarted with backoff. `remedy` is shown to waiters. */
  fail(error: Error, remedy?: string): void;
}

export interface SourceState {
  get(key: string): Json | undefined;
  /** Durable when it returns. */
  set(key: string, value: Json): void;
}

export interface SourceLog {
  debug(message: string, details?: object): void;
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

export type WaitCheck = (waiter: Waiter) => readonly WaitNote[] | Promise<readonly WaitNote[]>;

/** Adds types, nothing else. */
export function defineSource<Config = unknown>(
  definition: SourceDefinition<Config>,
): SourceDefinition<Config> {
  return definition;
}
