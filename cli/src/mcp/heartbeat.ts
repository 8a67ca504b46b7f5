/** Progress while a call blocks: clients that get it do not take the call for dead. */
import type { ProgressToken, ServerContext } from '@modelcontextprotocol/server';

const EVERY_MS = 10_000;

export interface Heartbeat {
  /** Tells at once that nothing can be missed any more. */
  armed(): void;
  end(): void;
}

export function heartbeat(
  { mcpReq }: ServerContext,
  progressToken: ProgressToken,
  what: string,
): Heartbeat {
  const begin = performance.now();
  let progress = 0;
  const beat = (text: string) => {
    progress += 1;
    const message = `${what}: ${text}, ${Math.round((performance.now() - begin) / 1000)} s`;
    const params = { progressToken, progress, message };
    // A client that has gone needs none; the call ends by its signal.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
  };
  const timer = setInterval(() => beat('waiting'), EVERY_MS);
  return { armed: () => beat('armed'), end: () => clearInterval(timer) };
}
