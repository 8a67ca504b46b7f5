/** For the conformance kit: a webhook of its own for each run, posted to as GitHub does. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';

const SECRET = 'secret of the kit';
const KINDS = [
  'workflow_run',
  'workflow_job',
  'check_suite',
  'pull_request',
  'push',
  'release',
  'deployment_status',
];

export const secrets = { 'github-webhook-secret': SECRET };

export async function config() {
  return { webhook: { port: await freePort() } };
}

export async function provoke({ runs, round, until }) {
  const deliveries = KINDS.map((kind) => ({ kind, body: JSON.stringify(payloadOf(kind, round)) }));
  await Promise.all(
    runs.flatMap((run) =>
      deliveries.map(({ kind, body }) => post(run.config.webhook.port, kind, body, round)),
    ),
  );
  for (const kind of KINDS) await until(kind);
}

export function expect(events) {
  const run = events.find(({ event_type: type }) => type === 'workflow_run');
  if (run.fields.conclusion !== 'success') throw new Error('the run has no conclusion');
  if (`${run.owner}/${run.repo}` !== 'acme/app') throw new Error('the run has no repository');
}

function payloadOf(kind, round) {
  const head_sha = round.toString(16).padStart(40, 'a');
  const over = { status: 'completed', conclusion: 'success', head_sha };
  const members = {
    workflow_run: { id: round, run_attempt: 1, name: 'CI', ...over },
    workflow_job: { id: round, run_id: round, run_attempt: 1, name: 'build', ...over },
    check_suite: { id: round, ...over },
    pull_request: { number: round, state: 'open' },
    release: { id: round, tag_name: `v${round}` },
    deployment_status: { id: round, state: 'success' },
  };
  if (kind === 'push') {
    return { ref: 'refs/heads/main', after: head_sha, repository: { full_name: 'acme/app' } };
  }
  return { action: 'completed', [kind]: members[kind], repository: { full_name: 'acme/app' } };
}

async function post(port, kind, body, round) {
  const answer = await globalThis.fetch(`http://127.0.0.1:${port}/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': kind,
      'x-github-delivery': `${kind}-${round}`,
      'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
    body,
  });
  if (answer.status !== 200) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
