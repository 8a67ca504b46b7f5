/**
 * What is alive now: places with their processes, and programs. A signal ends them all, so that an
 * interrupted benchmark leaves nothing behind.
 */
const alive = new Set<AsyncDisposable>();

export function enter<T extends AsyncDisposable>(resource: T): T {
  alive.add(resource);
  return resource;
}

/** To be called by whoever ends the resource. */
export function forget(resource: AsyncDisposable): void {
  alive.delete(resource);
}

export function endOnSignals(): void {
  let ending = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      process.stderr.write(`bench: ${signal}, cleaning up\n`);
      const ended = [...alive].map((resource) => resource[Symbol.asyncDispose]());
      void Promise.allSettled(ended).then(() => process.exit(code));
    });
  }
}
