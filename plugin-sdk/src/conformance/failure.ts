/** How a check says that the package does not conform, as opposed to an error of the kit's own. */

export class Failure extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Failure';
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws Failure when the promise is not settled in time; what it does later is nobody's */
export async function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  reason: () => string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure(reason())), milliseconds);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
