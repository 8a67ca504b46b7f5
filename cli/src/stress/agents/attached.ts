/** The life of an agent on the client library: attached with a last will, subscribed until the end. */
import { attach, emit, subscribe, type Envelope } from '../../client/index.js';
import { matchOf, willOf } from '../swarm.js';
import { perform, type Conduct, type Means } from './conduct.js';

export async function performAttached(think?: Means['think']): Promise<void> {
  await perform({ emit: emitOne, ...(think === undefined ? {} : { think }) }, live);
}

async function emitOne(event: Envelope): Promise<string> {
  const { results } = await emit(event);
  return results[0]?.event_id ?? '';
}

async function live(conduct: Conduct): Promise<void> {
  const { name, run, cursor } = conduct.part;
  const attachment = await attach(name, willOf(name));
  for await (const frame of subscribe({ sources: ['agent'], match: matchOf(run), since: cursor })) {
    if (!(await conduct.hear(frame))) break;
  }
  await attachment.detach();
}
