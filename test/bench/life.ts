/**
 * What is alive now: places with their processes, and programs. A signal ends them all, so that an
 * interrupted benchmark leaves nothing behind.
 */
const alive = new Set<AsyncDisposable>();
let interrupted = false;

/** @throws Error when the benchmark is ending; the resource is ended with the others */
export function enter<T extends AsyncDisposable>(resource: T): T {
  alive.add(resource);
  if (interrupted) throw new Error('interrupted');
  return resource;
}

/** To be called by whoever ends the resource. */
export function forget(resource: AsyncDisposable): void {
  alive.delete(resource);
}

/** Whether errors are those of processes that were ended on purpose. */
export function isInterrupted(): boolean {
  return interrupted;
}

export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      process.stderr.write(`bench: ${signal}, cleaning up\n`);
      void endAll().then(() => process.exit(code));
    });
  }
}

/** Also what comes into being meanwhile. */
async function endAll(): Promise<void> {
  while (alive.size > 0) {
    const ending = [...alive];
    await Promise.allSettled(ending.map((resource) => resource[Symbol.asyncDispose]()));
    ending.forEach(forget);
  }
}
