/**
 * Asks an engine for the code of a container's next exit before there is one: the only word on the
 * code of a container that is removed as it ends, or runs again at once, which no event says.
 */
import type { EngineApi } from './engine-api.js';
import { parseRecord, parseTime, type ContainerRecord } from './records.js';

export interface NextExit {
  /** Null when it cannot be said, or not for certain which exit it is of. */
  readonly code: Promise<number | null>;
  readonly close: () => void;
}

/**
 * @param after its last exit that the event stream told of, or the begin of the stream: the next one
 *   is what the engine tells of first since then
 */
export function nextExit(
  api: Pick<EngineApi, 'inspect' | 'nextExit'>,
  container: string,
  after: bigint,
): NextExit {
  const closed = new AbortController();
  return { code: ask(api, container, after, closed), close: () => closed.abort() };
}

async function ask(
  api: Pick<EngineApi, 'inspect' | 'nextExit'>,
  container: string,
  after: bigint,
  closed: AbortController,
): Promise<number | null> {
  try {
    const before = parseRecord(await api.inspect(container));
    if (before === null) return null;
    const finished = parseTime(before.State.FinishedAt);
    if (finished !== null && finished > after) return null;
    const answer = await api.nextExit(container, closed.signal);
    const since = parseRecord(await api.inspect(container));
    // An exit between the two may be the one before that which is answered.
    const isNext = since !== null && isSameExit(before, since);
    if (!isNext) closed.abort();
    return await answer.code;
  } catch {
    // Closed, or gone: the container's state is looked at when it ends.
    return null;
  }
}

function isSameExit({ State: one }: ContainerRecord, { State: other }: ContainerRecord): boolean {
  return one.FinishedAt === other.FinishedAt && one.Restarting === other.Restarting;
}
