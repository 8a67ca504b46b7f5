/**
 * What keeps a delivery from telling what happened: a body that is none, or that lacks what the event
 * is about. Such a one is refused, since a row of unknowns would match nobody's wait. Pure.
 */
import { integer, text, type Members } from './members.js';

/** The member that an event of this kind is about, and how one is told from another. */
const SUBJECT: ReadonlyMap<string, { readonly member: string; readonly id: string }> = new Map([
  ['workflow_run', { member: 'workflow_run', id: 'id' }],
  ['workflow_job', { member: 'workflow_job', id: 'id' }],
  ['check_suite', { member: 'check_suite', id: 'id' }],
  ['pull_request', { member: 'pull_request', id: 'number' }],
  ['release', { member: 'release', id: 'id' }],
  ['deployment_status', { member: 'deployment_status', id: 'state' }],
]);

/** Members that are objects wherever GitHub sends them; each may be missing or null. */
const OBJECTS = [
  'repository',
  'sender',
  'workflow',
  'workflow_run',
  'workflow_job',
  'check_suite',
  'pull_request',
  'release',
  'deployment',
  'deployment_status',
  'pusher',
] as const;
const OBJECTS_WITHIN = [
  'actor',
  'triggering_actor',
  'app',
  'head',
  'base',
  'user',
  'owner',
  'creator',
];

/** @returns null when there is nothing wrong with it */
export function problemOf(kind: string, payload: unknown): string | null {
  if (!isObject(payload)) return `the body is ${shown(payload)}, and must be a JSON object`;
  for (const name of OBJECTS) {
    const member = payload[name];
    if (member === undefined || member === null) continue;
    if (!isObject(member)) return `${name} is ${shown(member)}, and must be an object`;
    for (const inner of OBJECTS_WITHIN) {
      const given = member[inner];
      if (Array.isArray(given)) return `${name}.${inner} is a list, and must be an object`;
    }
  }
  if (kind === 'push') return text(payload['ref']) === undefined ? 'ref is missing' : null;
  const subject = SUBJECT.get(kind);
  if (subject === undefined) return null;
  const about = payload[subject.member];
  if (!isObject(about)) return `${subject.member} is missing`;
  const id = about[subject.id];
  if (integer(id) !== undefined || text(id) !== undefined) return null;
  // A pull request has its number beside it as well.
  if (subject.id === 'number' && integer(payload['number']) !== undefined) return null;
  return `${subject.member}.${subject.id} is missing`;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
