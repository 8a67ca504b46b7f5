/** Waiting for a condition over something that tells when it has changed: no polling, no time. */

export class Checks {
  readonly #checks = new Set<() => void>();

  /** Resolves once this holds; asked at once, and again after each change. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  changed(): void {
    for (const check of [...this.#checks]) check();
  }
}
