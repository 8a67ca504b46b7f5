/** Without watches, nothing wakes a session. */
import type { Wakes } from './hook.js';

export const NO_WAKES: Wakes = {
  meet: async () => undefined,
  leave: async () => undefined,
  expects: async () => false,
  hold: async () => null,
};
