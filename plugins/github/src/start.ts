/**
 * The source's life: opens the webhook when there is a secret for it, polls what it is told to, and
 * follows who waits. Everything that it observes goes through one `emit`.
 */
import type { Json, SourceContext, SourceEvent } from '@waitbus/plugin-sdk';
import { apiUrl } from './api/api-url.js';
import { Api } from './api/client.js';
import { findToken } from './api/token.js';
import type { GithubConfig } from './config.js';
import { nameOf } from './events/repository.js';
import { Hearing } from './hearing.js';
import { Probe } from './probe.js';
import { Poller } from './poll/poller.js';
import { RepoWatch, type RepoState } from './poll/repo-watch.js';
import { VerdictWatches } from './rounds/verdict-watches.js';
import { waitNotes } from './rounds/wait-notes.js';
import { StallWatch } from './stall/stall-watch.js';
import { Standing } from './standing.js';
import { openWebhook } from './webhook.js';

export async function startGithub(ctx: SourceContext<GithubConfig>): Promise<void> {
  const { config, signal, log, state } = ctx;
  const { env } = process;
  const url = apiUrl(config.apiUrl, env);
  const standing = new Standing({ describe: (line) => ctx.describe(line), signal });
  const stalls = new StallWatch({
    emit: (event) => ctx.emit(event),
    state,
    log,
    signal,
    afterMs: config.stallAfter,
  });
  const emit = async (event: SourceEvent): Promise<boolean> => {
    const { inserted } = await ctx.emit(event);
    // What is polled is so now; a webhook's repeat may tell of long ago.
    if (inserted || event.ingest_method === 'poll') stalls.take(event);
    return inserted;
  };
  const api = new Api({
    url,
    signal,
    findToken: () =>
      findToken({ secret: (name) => ctx.secret(name), env, host: new URL(url).host }),
  });
  const hearing = new Hearing(state);
  const onTrouble = () => ctx.recheckWaits();
  const poller = new Poller({ api, standing, log, signal, onTrouble });
  const watches = new VerdictWatches({
    api,
    emit,
    poller,
    hearing,
    note: (waiter, note) => ctx.note(waiter, note),
    intervalMs: config.poll.waitInterval,
  });
  const hasWebhook = await openWebhook(ctx, {
    standing,
    emit,
    heard: (event) => {
      const { event_type: type, owner, repo } = event;
      if (type === 'workflow_run' && owner !== undefined && repo !== undefined) {
        hearing.hear(nameOf({ owner, repo }));
      }
      watches.hear(event);
    },
  });
  for (const name of config.poll.repos) {
    const [owner = '', repo = ''] = name.split('/');
    const key = `repo:${name}`;
    const load = () => (state.get(key) ?? null) as RepoState | null;
    const save = (value: Json) => state.set(key, value);
    poller.start(new RepoWatch({ api, emit, load, save }, { owner, repo }, config.poll.interval));
  }
  const probe = new Probe(api, url);
  const observes = hasWebhook || config.poll.repos.length > 0;
  ctx.watchWaiters((waiters) => watches.setWaiters(waiters));
  ctx.checkWaits(async ({ id, env: theirs }) => {
    const targets = watches.targetsOf(id);
    if (targets === null) return [];
    const isAsked = targets.commits.length + targets.pulls.length > 0;
    const wrong = isAsked ? await watches.troublesOf(id) : [await probe.ask()];
    const troubles = wrong.filter((one) => one !== null);
    return waitNotes({ targets, troubles, token: await api.token(), env: theirs, observes });
  });
  ctx.ready();
}
