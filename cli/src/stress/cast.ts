/** Who plays in a run: how many of which family, and who of them is to be killed. Pure. */

export interface Role {
  /** Without the run's prefix: `node-1`. */
  readonly short: string;
  readonly family: string;
  /** Killed with SIGKILL in the middle of its last turn. */
  readonly victim: boolean;
}

/**
 * The families take turns. Victims come from the end, of different families, so that as far as can be
 * each family has a survivor.
 */
export function castOf(families: readonly string[], count: number, kills: number): Role[] {
  const roles: { short: string; family: string; victim: boolean }[] = [];
  for (let at = 0; at < count; at += 1) {
    const family = families[at % families.length] ?? '';
    const turn = Math.floor(at / families.length) + 1;
    roles.push({ short: `${family}-${turn}`, family, victim: at >= count - kills });
  }
  return roles;
}
