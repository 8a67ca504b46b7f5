/**
 * Where each root was last seen, and whether it was there, so that a change of that can be told.
 * Looks at nothing itself.
 */

export class Presence {
  #known: ReadonlyMap<string, string> = new Map();

  /** @returns whether one that was known before is elsewhere, gone or back */
  differs(places: ReadonlyMap<string, string>): boolean {
    const before = this.#known;
    this.#known = places;
    return [...places].some(([root, place]) => (before.get(root) ?? place) !== place);
  }
}
