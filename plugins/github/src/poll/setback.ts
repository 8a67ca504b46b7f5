/** Why GitHub gave no answer to a question, and what that means to people. */
import type { Api, Reply } from '../api/client.js';
import { TOKEN_SECRET, type Token } from '../api/token.js';

export type Trouble = Exclude<Reply, { kind: 'fresh' | 'same' }>;

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

export function troubleOf(error: unknown): Trouble {
  if (error instanceof Setback) return error.trouble;
  return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
}

export const GRANT = `waitbus secret set ${TOKEN_SECRET} --for github`;

/** Why, and what mends it. */
export interface Explained {
  readonly detail: string;
  /** What the command is for; '' without one. */
  readonly hint: string;
  /** A command; '' where none helps. */
  readonly remedy: string;
}

export function oneLine({ detail, hint, remedy }: Explained): string {
  return remedy === '' ? detail : `${detail}; ${hint}: ${remedy}`;
}

/**
 * @param repo `owner/repo`, or the API itself
 * @param now milliseconds since the epoch
 */
export function explain(
  trouble: Trouble,
  repo: string,
  token: Token | null,
  now = Date.now(),
): Explained {
  switch (trouble.kind) {
    case 'limited': {
      const at = new Date(Math.ceil((now + trouble.waitMs) / 60_000) * 60_000);
      const when = `${at.toISOString().slice(11, 16)} UTC`;
      const detail = `polling pauses until GitHub's rate limit allows more, at ${when}`;
      if (token !== null) return { detail, hint: '', remedy: '' };
      return { detail, hint: 'with a token it is far higher', remedy: GRANT };
    }
    case 'failed':
      return {
        detail: `${repo} could not be polled and is tried again: ${trouble.reason}`,
        hint: '',
        remedy: '',
      };
    case 'refused':
      return explainRefusal(trouble, repo, token);
  }
}

function explainRefusal(
  { status, reason }: Extract<Trouble, { kind: 'refused' }>,
  repo: string,
  token: Token | null,
): Explained {
  const said = `${status}${reason === '' ? '' : ` ${reason}`}`;
  if (status === 401) {
    const what = token === null ? 'requests without a token' : `the token from ${token.from}`;
    return {
      detail: `GitHub does not take ${what} (${said})`,
      hint: 'give another',
      remedy: GRANT,
    };
  }
  if (status !== 403 && status !== 404) {
    return { detail: `${repo} cannot be polled: GitHub answers ${said}`, hint: '', remedy: '' };
  }
  if (token === null) {
    return {
      detail: `${repo} is private or not there (${said})`,
      hint: 'give a token that may read its actions',
      remedy: GRANT,
    };
  }
  return {
    detail: `${repo} is not there, or the token from ${token.from} may not read its actions (${said})`,
    hint: 'give one that may',
    remedy: GRANT,
  };
}
