/**
 * What an engine is: the seam between the source and the two ways to observe a file system. Types
 * only; `engine-linux.ts` and `engine-portable.ts` do the work.
 */
import type { SourceLog } from '@waitbus/plugin-sdk';

/** A file by one spelling of the root that it was seen under. Both are absolute. */
export interface Place {
  readonly root: string;
  readonly path: string;
}

/** What an engine saw. `places` is never empty; `real` is the path without symlinks. */
export type Observation = {
  readonly places: readonly Place[];
  readonly real: string;
} & (
  | {
      readonly type: 'saved';
      /** Bytes, and nanoseconds since the epoch, when the finished file was looked at. */
      readonly size: bigint;
      readonly mtimeNs: bigint;
    }
  | { readonly type: 'deleted' }
  | { readonly type: 'created'; readonly kind: CreatedKind }
);

/** What may appear that is no file. */
export type CreatedKind = 'directory' | 'socket' | 'fifo' | 'device';

export interface Engine {
  /**
   * Replaces the set of watched roots. Resolves once no save under any of them can be missed; a
   * root that does not exist is armed when it is waited for.
   * @throws WatchFailure when the system refuses to watch
   */
  setRoots(roots: readonly string[]): Promise<void>;
  /** How many directories are watched. */
  readonly watched: number;
  /** There is room for observations again. */
  resume(): void;
  /** Drops every watch. Nothing is observed afterwards. */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Patterns in the syntax of .gitignore, relative to each root. */
  readonly ignore: readonly string[];
  /** Whether .gitignore files count. */
  readonly gitignore: boolean;
  readonly log: SourceLog;
  readonly observed: (observation: Observation) => void;
  /** Ignore rules, mounts, or whether a root is there, may not be as they were. */
  readonly changed: () => void;
  /** Whether more may be observed just now; `resume` is called once it may again. */
  readonly hasRoom: () => boolean;
  /** Called when the engine cannot go on after `setRoots` has returned. */
  readonly failed: (error: unknown) => void;
}

/** The system refuses to watch; `remedy` is a command or a sentence for the person who waits. */
export class WatchFailure extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.name = 'WatchFailure';
    this.code = code;
    this.remedy = remedy;
  }
}
