/** The stream of a wait, with the ticks that its state asks for between two frames. */
import type { GoalState } from './goal.js';
import { stream, type StreamFrame, type StreamOptions, type StreamRequest } from './stream.js';

/** A timer takes no more; what is due later is looked at again then. */
const LONGEST_MS = 3_600_000;

/** Yields every frame, and a tick whenever one is due before the next. Throws as `stream` does. */
export async function* goalStream(
  request: StreamRequest,
  state: Pick<GoalState, 'due'>,
  options: StreamOptions = {},
): AsyncGenerator<StreamFrame> {
  const ending = new AbortController();
  const given = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([ending.signal, ...given]);
  const frames = stream(request, { ...options, signal });
  let next: Promise<IteratorResult<StreamFrame>> | null = null;
  try {
    for (;;) {
      next ??= frames.next();
      const result = await firstOf(next, state.due);
      if (result === null) {
        yield { kind: 'tick' };
        continue;
      }
      next = null;
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // A frame that is waited for would keep the stream from its end.
    ending.abort();
    await next?.catch(() => undefined);
    await frames.return(undefined);
  }
}

/** @returns null when the time came first */
async function firstOf<T>(next: Promise<T>, due: number | null): Promise<T | null> {
  if (due === null) return next;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    const ms = Math.min(Math.max(0, due - Date.now()), LONGEST_MS);
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
  }
}
