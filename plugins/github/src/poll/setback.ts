/** Why a round of polling could not be finished, and what that means to people. */
import type { Api, Reply } from '../api/client.js';
import { TOKEN_SECRET, type Token } from '../api/token.js';

type Trouble = Exclude<Reply, { kind: 'fresh' | 'same' }>;

export class Setback extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super('reason' in trouble ? trouble.reason : trouble.kind);
    this.name = 'Setback';
    this.trouble = trouble;
  }
}

/** @throws Setback for what is no answer to the question */
export async function ask(
  api: Api,
  path: string,
  etag: string | null,
): Promise<Exclude<Reply, Trouble>> {
  const reply = await api.get(path, etag);
  if (reply.kind === 'fresh' || reply.kind === 'same') return reply;
  throw new Setback(reply);
}

const GRANT = `waitbus secret set ${TOKEN_SECRET} --for github`;

/** In one line, with the command that mends it where one does. */
export function explain(trouble: Trouble, repo: string, token: Token | null): string {
  switch (trouble.kind) {
    case 'limited':
      return `polling pauses until GitHub's rate limit allows more${token === null ? `; with a token it is far higher: ${GRANT}` : ''}`;
    case 'failed':
      return `${repo} could not be polled and is tried again: ${trouble.reason}`;
    case 'refused':
      return explainRefusal(trouble, repo, token);
  }
}

function explainRefusal(
  { status, reason }: Extract<Trouble, { kind: 'refused' }>,
  repo: string,
  token: Token | null,
): string {
  const said = `${status}${reason === '' ? '' : ` ${reason}`}`;
  if (status === 401) {
    return `GitHub does not take ${token === null ? 'requests without a token' : `the token from ${token.from}`} (${said}); give another: ${GRANT}`;
  }
  if (status !== 403 && status !== 404) return `${repo} cannot be polled: GitHub answers ${said}`;
  if (token === null) {
    return `${repo} is private or not there (${said}); give a token that may read its actions: ${GRANT}`;
  }
  return `${repo} is not there, or the token from ${token.from} may not read its actions (${said}); give one that may: ${GRANT}`;
}
