/** The part of npm-install-checks that is used here; the package brings no types. */
declare module 'npm-install-checks' {
  /** Throws unless the package may run on this machine. */
  export function checkPlatform(target: {
    readonly _id: string;
    readonly os?: readonly string[];
    readonly cpu?: readonly string[];
    readonly libc?: readonly string[];
  }): void;
}
