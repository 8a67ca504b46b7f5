/** The section `sources.alertmanager` of the configuration. Pure. */
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };
const SHORTEST_MS = 1000;
/** The longest that a timer of Node can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** `90s`, `5m`, `1h30m`; as milliseconds. */
const duration = z.string().transform((text, context) => {
  const total = [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (UNIT_MS[unit] ?? 0),
    0,
  );
  if (/^(\d+[smhd])+$/.test(text) && total >= SHORTEST_MS && total <= LONGEST_MS) return total;
  const message = `${JSON.stringify(text)} is not a duration from 1s to 24d, such as 5m or 1h30m`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

export const CONFIG = z.strictObject({
  /** Where it listens on 127.0.0.1. */
  port: z.int().min(0).max(65_535).default(9001),
  /** Host headers that are taken besides those of this machine: those of a tunnel or a proxy. */
  hosts: z.array(z.string().min(1)).readonly().default([]),
  watchdog: z
    .strictObject({
      /**
       * How long a watchdog may be silent until it is absent. Given here, one is expected from the
       * start on; otherwise once a first one was heard of.
       */
      timeout: duration.optional(),
    })
    .default({}),
});

export type AlertmanagerConfig = z.output<typeof CONFIG>;

export const DEFAULT_TIMEOUT_MS = 5 * 60_000;
