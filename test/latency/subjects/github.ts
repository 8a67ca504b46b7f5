/** github: the verdict of a run is delivered to the webhook, signed as GitHub signs. */
import { createHmac, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { portToKeep } from '../../support/alertmanager.js';
import { REPO } from '../../support/sandbox.js';
import { now } from '../clock.js';
import type { Subject } from '../subject.js';
import { configure } from './configured.js';

const SECRET = 'what both sides know';
const shaOf = (round: number) => (round + 1).toString(16).padStart(40, 'a');

export const github: Subject = {
  source: 'github',
  moment: 'just before the webhook is delivered',
  missing: () =>
    existsSync(join(REPO, 'plugins', 'github', 'src')) ? null : 'there is no source github',
  prepare: async (box) => {
    const port = await portToKeep();
    const section = { webhook: { port } };
    await configure(box, 'github', section, ['github-webhook-secret', SECRET]);
    return {
      counterpart: 'a workflow_run delivery, made here',
      wait: (round) => ['--sha', shaOf(round), '--repo', 'acme/app'],
      happen: async (round) => {
        const body = JSON.stringify(delivery(round));
        const moment = now();
        const answer = await fetch(`http://127.0.0.1:${port}/webhook`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-github-event': 'workflow_run',
            'x-github-delivery': randomUUID(),
            'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
          },
          body,
        });
        if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
        return moment;
      },
    };
  },
};

function delivery(round: number): object {
  return {
    action: 'completed',
    workflow_run: {
      id: 9_000_000_000 + round,
      run_attempt: 1,
      run_number: round,
      name: 'ci',
      head_sha: shaOf(round),
      head_branch: 'main',
      event: 'push',
      status: 'completed',
      conclusion: 'success',
      html_url: `https://github.com/acme/app/actions/runs/${round}`,
      updated_at: '2026-01-01T00:00:00Z',
    },
    repository: { name: 'app', full_name: 'acme/app', owner: { login: 'acme' } },
  };
}
