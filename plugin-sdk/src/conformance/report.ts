/** What the kit found: types, the line of a check for people, and the exit code. Pure. */

export const CHECK_IDS = [
  'manifest',
  'install-scripts',
  'tarball',
  'import',
  'start',
  'stop',
  'event-types',
  'delivery-ids',
  'backpressure',
  'restart',
  'permissions',
  'install',
] as const;

export type CheckId = (typeof CHECK_IDS)[number];

export interface CheckResult {
  readonly id: CheckId;
  /** The source it is about; null for what concerns the whole package. */
  readonly source: string | null;
  /** What was checked, in one sentence. */
  readonly sentence: string;
  /**
   * `skipped` by what the manifest declares, and by nothing else; `blocked` because a check failed
   * without which this one would say nothing.
   */
  readonly status: 'ok' | 'failed' | 'skipped' | 'blocked';
  /** Why, unless ok. */
  readonly reason: string;
  readonly milliseconds: number;
}

export interface Report {
  readonly package: string;
  readonly version: string;
  /** Nothing failed. */
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

const MARK = { ok: 'ok  ', failed: 'FAIL', skipped: 'skip', blocked: '-   ' } as const;

export function lineOf(result: CheckResult): string {
  const { status, id, source, sentence, reason } = result;
  const about = source === null ? '' : ` [${source}]`;
  const head = `${MARK[status]} ${id.padEnd(15)}${about} ${sentence}`;
  return reason === '' ? head : `${head}\n       ${reason.replaceAll('\n', '\n       ')}`;
}

export function summaryOf({ package: name, version, checks }: Report): string {
  const count = (status: CheckResult['status']) =>
    checks.filter((check) => check.status === status).length;
  const [ok, failed, skipped, blocked] = [
    count('ok'),
    count('failed'),
    count('skipped'),
    count('blocked'),
  ];
  const rest = blocked === 0 ? '' : `, ${blocked} not run`;
  return `${name} ${version}: ${ok} ok, ${failed} failed, ${skipped} skipped${rest}`;
}
