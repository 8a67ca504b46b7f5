/** The source's section of the configuration, with its defaults. */
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A timer takes no more than 24 days, and a pause may be a multiple of an interval. */
const LONGEST_MS = 86_400_000;

/** A duration such as `90s`, `1h30m` or `2d`, as milliseconds. */
const duration = z.string().transform((text, context) => {
  const parts = /^(\d+[smhd])+$/.test(text) ? [...text.matchAll(/(\d+)([smhd])/g)] : [];
  const total = parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0),
    0,
  );
  if (total > 0 && total <= LONGEST_MS) return total;
  const message = `${text} is not a duration such as 30s, 5m or 1h, of a day at most`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

export const REPOSITORY = /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/;

export const CONFIG = z.strictObject({
  webhook: z
    .strictObject({
      port: z.int().min(0).max(65_535).default(9000),
      /** Host headers that are taken besides those of this machine, a tunnel's name say. */
      hosts: z.array(z.string()).readonly().default([]),
    })
    .prefault({}),
  poll: z
    .strictObject({
      /** Polled whether anybody waits or not. */
      repos: z
        .array(z.string().regex(REPOSITORY, 'must be owner/repo'))
        .readonly()
        .default([])
        .transform((repos) => [...new Set(repos)]),
      interval: duration.prefault('60s'),
      /** While somebody waits on a commit of a repository from which no webhook comes. */
      waitInterval: duration.prefault('10s'),
    })
    .prefault({}),
  /** The API's address. Default: `GITHUB_API_URL`, else that of github.com. */
  apiUrl: z.string().optional(),
  /** A job that is queued or in progress for longer is reported as stalled, once. */
  stallAfter: duration.prefault('60m'),
});

export type GithubConfig = z.output<typeof CONFIG>;
