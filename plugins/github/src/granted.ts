/** A secret that the user may have granted, or the command that grants it. */
import type { SourceContext } from '@waitbus/plugin-sdk';

export type Granted =
  { readonly value: string } | { readonly value: null; readonly remedy: string };

export function granted(secret: SourceContext['secret'], name: string): Granted {
  try {
    return { value: secret(name) };
  } catch (error) {
    // The host's error, told by its code: its class is not the one that a source imports.
    const { code, remedy } = error as { code?: unknown; remedy?: unknown };
    if (code !== 'WAITBUS_BAD_SECRET') throw error;
    return { value: null, remedy: String(remedy) };
  }
}
