/** What is wrong in a configuration: where, in the file's own terms, and what would be right. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';

export type Path = readonly (string | number)[];

export interface Problem {
  /** A warning is of no consequence to the daemon. */
  readonly level: 'error' | 'warning';
  /** Such as `retention.maxAge`; empty for the file as a whole. */
  readonly path: string;
  /** From 1; null when it is not known. */
  readonly line: number | null;
  readonly message: string;
}

export function pathText(path: Path): string {
  return path.map(String).join('.');
}

/** One line, in the form that editors and terminals know as a place. */
export function problemText(file: string, { path, line, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}`;
  return [place, ...(path === '' ? [] : [path]), message].join(': ');
}

export function badConfig(file: string, problems: readonly Problem[]): WaitbusError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new WaitbusError('WAITBUS_BAD_CONFIG', `${count} in the configuration`, undefined, {
    problems: problems.map((problem) => problemText(file, problem)),
  });
}
