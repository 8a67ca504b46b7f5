/** A list of runs or jobs as the API answers it. Pure. */
import { integer, list, object, type Members } from '../events/members.js';
import { isOver } from '../events/workflow-run.js';
import { Setback } from './setback.js';

/** What the API gives on one page at most. */
export const PER_PAGE = 100;

/** @throws Setback when it is none */
export function membersOf(body: unknown, key: 'workflow_runs' | 'jobs'): readonly Members[] {
  const found = object(body)[key];
  if (!Array.isArray(found)) throw new Setback({ kind: 'failed', reason: `it sent no ${key}` });
  return list(found)
    .map(object)
    .filter((one) => integer(one['id']) !== undefined);
}

/** Oldest first; those that are not over before those that are. */
export function inOrder(runs: readonly Members[]): readonly Members[] {
  const oldestFirst = [...runs].reverse();
  return [...oldestFirst.filter((run) => !isOver(run)), ...oldestFirst.filter(isOver)];
}
