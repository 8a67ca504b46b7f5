/** How a source is that has no process, or must have none: pure. */
import type { InstalledSource } from './inventory.js';
import type { SourceCondition } from './supervision.js';

/** What the configuration says of a source. */
export interface Setting {
  /** Its own section; undefined when there is none. */
  readonly section: unknown;
  readonly isDisabled: boolean;
}

const EMIT_ONLY: SourceCondition = {
  state: 'running',
  detail: 'emit-only: other programs emit under this name',
  remedy: '',
};

/** @returns null where there is nothing against its running */
export function conditionAgainst(
  { name, packageName }: InstalledSource,
  isInstalled: boolean,
  { isDisabled }: Setting,
): SourceCondition | null {
  if (!isInstalled) {
    const remedy = `waitbus plugin add ${packageName}`;
    return { state: 'failed', detail: `source ${name} was removed`, remedy };
  }
  if (!isDisabled) return null;
  const remedy = `waitbus source enable ${name}`;
  return { state: 'stopped', detail: 'it is disabled in the configuration', remedy };
}

/** Of an emit-only source. */
export function emitOnlyCondition({ quarantine }: InstalledSource): SourceCondition {
  if (quarantine === null) return EMIT_ONLY;
  return { state: 'quarantined', detail: quarantine.reason, remedy: quarantine.remedy };
}
