/**
 * Frees the buffers of a replay in time. Their bytes are outside of the heap, and next to nothing is
 * allocated within it meanwhile, so left to itself V8 lets tens of megabytes of dead pages pile up.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type CollectGarbage = (options: { readonly type: 'minor' }) => void;

/** So many bytes are copied between two collections, each of which takes about a millisecond. */
const BETWEEN_BYTES = 4 * 1024 * 1024;

let collect: CollectGarbage | null = null;

/** @returns the function to tell of bytes that were copied out of the log */
export function collectEvery(
  bytes: number = BETWEEN_BYTES,
  young: () => void = collectYoung,
): (copied: number) => void {
  let since = 0;
  return (copied) => {
    since += copied;
    if (since < bytes) return;
    since = 0;
    young();
  };
}

function collectYoung(): void {
  collect ??= exposed();
  collect({ type: 'minor' });
}

function exposed(): CollectGarbage {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as CollectGarbage;
}
