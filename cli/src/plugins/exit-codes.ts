/**
 * The exit codes of `waitbus plugin`, after sysexits.h, and which error has which: pure. When there
 * are several, the worst decides.
 */
import type { ErrorCode } from '@waitbus/plugin-sdk/envelope';
import { asPlainError } from '../system-error.js';
import { isParseArgsError, isUsageError } from '../terminal/exit.js';

export const PLUGIN_EXIT = {
  ok: 0,
  /** Something else went wrong: a full disk, say. */
  failure: 1,
  /** There is no directory to work in. */
  directory: 2,
  usage: 64,
  /** The pin is malformed or not canonical, or required evidence is absent. */
  badPin: 65,
  /** No pin file; pinned but not installed; installed but not pinned. */
  missing: 66,
  /** The registry could not be asked. */
  unreachable: 69,
  /** Content, integrity, signature or publisher differ. */
  mismatch: 76,
  consent: 77,
  /** A name conflict, or a contract or engine that is not supported. */
  conflict: 78,
} as const;

export type PluginExit = (typeof PLUGIN_EXIT)[keyof typeof PLUGIN_EXIT];

/** From worst to least bad. */
const ORDER: readonly PluginExit[] = [76, 77, 78, 66, 65, 69, 64, 2, 1, 0];

/** @returns the code that decides; 0 for none */
export function worst(codes: Iterable<PluginExit>): PluginExit {
  const seen = new Set(codes);
  return ORDER.find((code) => seen.has(code)) ?? PLUGIN_EXIT.ok;
}

const CODES: Partial<Record<ErrorCode, PluginExit>> = {
  WAITBUS_BAD_DIRECTORY: 2,
  WAITBUS_BAD_LOCKFILE: 65,
  WAITBUS_EVIDENCE_ABSENT: 65,
  WAITBUS_NO_LOCKFILE: 66,
  WAITBUS_NOT_PINNED: 66,
  WAITBUS_NOT_INSTALLED: 66,
  WAITBUS_REGISTRY_UNREACHABLE: 69,
  WAITBUS_PIN_MISMATCH: 76,
  WAITBUS_PUBLISHER_CHANGED: 76,
  WAITBUS_INSTALL_REFUSED: 76,
  WAITBUS_CONSENT_MISSING: 77,
  WAITBUS_NAME_CONFLICT: 78,
  WAITBUS_ENGINE_MISMATCH: 78,
  WAITBUS_BAD_MANIFEST: 78,
};

export function pluginExitOf(error: unknown): PluginExit {
  if (isUsageError(error) || isParseArgsError(error)) return PLUGIN_EXIT.usage;
  return CODES[asPlainError(error).code] ?? PLUGIN_EXIT.failure;
}
