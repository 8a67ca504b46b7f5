/**
 * What the engine's records say of a container's last exit, and which of these exits were never told:
 * pure. The records remain where the event stream has none: an engine that was killed forgets its
 * events, and a container may end while no engine runs.
 */
import type { Json } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import type { Ledger } from './ledger.js';
import { conclude } from './runs.js';
import type { Observation } from './to-event.js';

const LABELS = z.record(z.string(), z.string()).nullish();

const LIST = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).nullish(),
    Image: z.string().optional(),
    State: z.string().optional(),
    Labels: LABELS,
  }),
);

const RECORD = z.object({
  Id: z.string(),
  Name: z.string(),
  State: z.object({
    Running: z.boolean(),
    Restarting: z.boolean().optional(),
    ExitCode: z.int(),
    OOMKilled: z.boolean().optional(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Config: z.object({
    Image: z.string().optional(),
    Labels: LABELS,
  }),
});

export type ContainerRecord = z.output<typeof RECORD>;

/** A container as the engine's list has it. */
export interface Listed {
  readonly id: string;
  readonly names: readonly string[];
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isRunning: boolean;
}

/** @returns null for what is no list of containers */
export function parseList(value: unknown): readonly Listed[] | null {
  const list = LIST.safeParse(value).data;
  if (list === undefined) return null;
  return list.map(({ Id, Names, Image, State, Labels }) => ({
    id: Id,
    names: (Names ?? []).map((name) => name.replace(/^\//, '')),
    image: Image ?? '',
    labels: Labels ?? {},
    isRunning: State === 'running' || State === 'restarting' || State === 'paused',
  }));
}

export function parseRecord(value: unknown): ContainerRecord | null {
  return RECORD.safeParse(value).data ?? null;
}

/** Its last exit; null when there was none, or it runs again, and the code of that one is gone. */
export function exitOf({ State }: ContainerRecord): { time: bigint; code: number } | null {
  const time = parseTime(State.FinishedAt);
  if (time === null || (State.Running && State.Restarting !== true)) return null;
  return { time, code: State.ExitCode };
}

/** @returns null for a container that never ended, or whose last exit is told or is the past */
export function untoldExit(record: ContainerRecord, ledger: Ledger): Observation | null {
  const { Id: container, Name, State, Config } = record;
  const finished = parseTime(State.FinishedAt);
  if (finished === null || ledger.isTold(container, finished)) return null;
  const exitCode = exitOf(record)?.code ?? null;
  const oomKilled = State.OOMKilled === true && exitCode !== null;
  return {
    action: 'die',
    status: 'exited',
    container,
    attributes: { ...Config.Labels, name: Name.replace(/^\//, ''), image: Config.Image ?? '' },
    time: finished,
    exitCode,
    oomKilled,
    // Whether somebody asked for it is not in the records.
    ...(exitCode === null ? {} : { conclusion: conclude(exitCode, oomKilled, false) }),
    looked: true,
    raw: { Id: container, Name, State, Labels: Config.Labels ?? {} } as Json,
  };
}

/** When its present run began; null when it does not run, or waits for its restart policy. */
export function runningSince({ State }: ContainerRecord): bigint | null {
  return State.Running && State.Restarting !== true ? parseTime(State.StartedAt) : null;
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Nanoseconds since the epoch; null for what never was, which is written as the year 1. */
export function parseTime(text: string): bigint | null {
  const [, whole, fraction = '', zone] = RFC3339.exec(text) ?? [];
  if (whole === undefined || zone === undefined) return null;
  const milliseconds = Date.parse(`${whole}${zone}`);
  if (Number.isNaN(milliseconds) || milliseconds <= 0) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
