/** One finding of an audit: what it is about, in words, and the exit code that it asks for. */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { pluginExitOf, PLUGIN_EXIT, type PluginExit } from './exit-codes.js';

/** What a finding is about, for reports that group them. */
export type Rule =
  | 'lock-missing'
  | 'lock-malformed'
  | 'content-mismatch'
  | 'integrity-mismatch'
  | 'consent-missing'
  | 'name-conflict'
  | 'engine-unsupported'
  | 'not-installed'
  | 'not-pinned'
  | 'evidence-absent'
  | 'registry-unreachable';

export interface Finding {
  readonly rule: Rule;
  readonly code: PluginExit;
  /** The plugin, or null when it is about the lock as a whole. */
  readonly plugin: string | null;
  readonly message: string;
  readonly remedy: string;
}

export function finding(rule: Rule, plugin: string | null, error: unknown): Finding {
  const { message, remedy } = asWaitbusError(error);
  return { rule, code: ruleExit(rule, error), plugin, message, remedy };
}

function ruleExit(rule: Rule, error: unknown): PluginExit {
  const code = pluginExitOf(error);
  return rule === 'registry-unreachable' && code === PLUGIN_EXIT.failure
    ? PLUGIN_EXIT.unreachable
    : code;
}
