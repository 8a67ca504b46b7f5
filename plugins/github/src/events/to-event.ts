/** From what GitHub posts to the event that is emitted, by the kind that it says it is. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { CHECK_SUITE, checkSuiteEvent } from './check-suite.js';
import { DEPLOYMENT_STATUS, deploymentStatusEvent } from './deployment-status.js';
import { object, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { PULL_REQUEST, pullRequestEvent } from './pull-request.js';
import { PUSH, pushEvent } from './push.js';
import { RELEASE, releaseEvent } from './release.js';
import { WORKFLOW_JOB, jobEvent } from './workflow-job.js';
import { WORKFLOW_RUN, runEvent } from './workflow-run.js';

/** The schema of the fields of each event type. */
export const EVENTS = {
  workflow_run: WORKFLOW_RUN,
  workflow_job: WORKFLOW_JOB,
  check_suite: CHECK_SUITE,
  pull_request: PULL_REQUEST,
  push: PUSH,
  release: RELEASE,
  deployment_status: DEPLOYMENT_STATUS,
} as const;

type ToEvent = (payload: Members, observed: Observed) => SourceEvent;

const TO_EVENT: ReadonlyMap<string, ToEvent> = new Map<string, ToEvent>([
  ['workflow_run', (payload, observed) => runEvent(namedRun(payload), observed)],
  ['workflow_job', (payload, observed) => jobEvent(object(payload['workflow_job']), observed)],
  ['check_suite', checkSuiteEvent],
  ['pull_request', pullRequestEvent],
  ['push', pushEvent],
  ['release', releaseEvent],
  ['deployment_status', deploymentStatusEvent],
]);

/**
 * @param kind the header X-GitHub-Event
 * @returns null for a kind that makes no event
 */
export function toEvent(kind: string, payload: Members, observed: Observed): SourceEvent | null {
  return TO_EVENT.get(kind)?.(payload, observed) ?? null;
}

/** A run that has no name of its own has its workflow's beside it. */
function namedRun(payload: Members): Members {
  const run = object(payload['workflow_run']);
  return { ...run, name: text(run['name']) ?? text(object(payload['workflow'])['name']) };
}
