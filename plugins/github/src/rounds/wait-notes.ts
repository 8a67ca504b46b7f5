/** What a waiter is told while it is armed: what keeps GitHub from being asked for it. Pure. */
import type { WaitNote } from '@waitbus/plugin-sdk';
import type { Token } from '../api/token.js';
import { GRANT, type Explained } from '../poll/setback.js';
import type { Targets } from '../poll/targets.js';

export interface Circumstances {
  readonly targets: Targets;
  /** What is wrong with what is asked for this waiter, or with the API. */
  readonly troubles: readonly Explained[];
  readonly token: Token | null;
  /** The variables of the waiting process; null where they are not known. */
  readonly env: Readonly<Record<string, string>> | null;
  /** Whether anything but a commit or pull request that is waited for is observed. */
  readonly observes: boolean;
}

export function waitNotes(of: Circumstances): readonly WaitNote[] {
  const { targets } = of;
  const isVerdict = targets.commits.length + targets.pulls.length > 0 || targets.isAnywhere;
  const notes = [
    ...of.troubles.slice(0, 1).map(troubleNote),
    ...otherToken(of),
    ...(isVerdict ? [...anywhere(of), ...withoutToken(of)] : nothingObserved(of)),
  ];
  return notes;
}

function troubleNote({ detail, remedy }: Explained): WaitNote {
  // What is broken is so for whoever waits for anything of this source.
  return { code: 'api', level: 'warning', detail, remedy, data: { broken: true } };
}

/** The daemon has the environment of the shell that started it. */
function otherToken({ token, env, troubles }: Circumstances): readonly WaitNote[] {
  const theirs = env?.['GITHUB_TOKEN']?.trim() ?? '';
  if (theirs === '' || theirs === token?.value) return [];
  // Another one serves as well, as long as it does.
  if (token !== null && !troubles.some(({ remedy }) => remedy === GRANT)) return [];
  const what = token === null ? 'without a token' : `with the token from ${token.from}`;
  return [
    {
      code: 'other_token',
      level: 'warning',
      detail: `the daemon was started without the GITHUB_TOKEN of this shell, and asks GitHub ${what}`,
      remedy: `printenv GITHUB_TOKEN | ${GRANT}`,
    },
  ];
}

function withoutToken({ token, env, troubles }: Circumstances): readonly WaitNote[] {
  if (token !== null || troubles.length > 0 || (env?.['GITHUB_TOKEN'] ?? '') !== '') return [];
  return [
    {
      code: 'no_token',
      level: 'warning',
      detail:
        'there is no token: GitHub answers 60 requests an hour, and tells of public repositories only',
      remedy: GRANT,
    },
  ];
}

function anywhere({ targets }: Circumstances): readonly WaitNote[] {
  if (!targets.isAnywhere) return [];
  return [
    {
      code: 'anywhere',
      level: 'warning',
      detail:
        'GitHub is asked for the runs of a repository that is named whole, owner/repo, and of no other',
      remedy: 'Name it: --repo owner/repo.',
    },
  ];
}

function nothingObserved({ observes }: Circumstances): readonly WaitNote[] {
  if (observes) return [];
  return [
    {
      code: 'nothing_observed',
      level: 'warning',
      detail: 'there is no webhook, and no repository is polled: only other programs emit for it',
      remedy: `waitbus config set sources.github.poll.repos '["owner/repo"]'`,
    },
  ];
}
