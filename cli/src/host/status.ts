/** What `status` says of a source. */
import type { SourceState, WaitNoteFrame } from '@waitbus/kernel';
import { namesByEnforcement, type Means } from '@waitbus/plugin-sdk/permissions';
import { SLOWED } from './intake.js';
import type { InstalledSource } from './inventory.js';
import { meansHere } from './limits.js';
import type { Station } from './station.js';

export interface WaitStatus {
  readonly cwd: string | null;
  readonly notes: readonly Pick<WaitNoteFrame, 'code' | 'level' | 'detail' | 'remedy'>[];
}

export function shortNote({ code, level, detail, remedy }: WaitNoteFrame): WaitStatus['notes'][0] {
  return { code, level, detail, remedy };
}

export interface SourceStatus {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly activation: string;
  readonly evidence: InstalledSource['evidence'];
  /** Whether the configuration lets it run. */
  readonly enabled: boolean;
  /** Whether the configuration has a section for it. */
  readonly configured: boolean;
  /** `emit-only`: nothing runs for it, and nothing keeps programs from emitting under its name. */
  readonly state: SourceState | 'emit-only';
  readonly detail: string;
  readonly remedy: string;
  readonly pid: number | null;
  /** Resident bytes, or null. */
  readonly memory: number | null;
  /** Events accepted from its process since the daemon started. */
  readonly events: number;
  /** When the last of them was accepted, ISO 8601. */
  readonly last_event: string | null;
  /** How often it was started again after a failure. */
  readonly restarts: number;
  /** Who waits for what cannot come, as things are. */
  readonly waits: readonly WaitStatus[];
  /** Whether its acknowledgements are held back, because it emits more than it may. */
  readonly slowed: boolean;
  /** Names of capabilities that the running Node holds it to. */
  readonly enforced: readonly string[];
  /** Names of capabilities for which there is only its word. */
  readonly declared: readonly string[];
}

export function statusOf(
  { source, supervisor, condition, isEnabled, isConfigured, waits }: Station,
  means: Means = meansHere(),
): SourceStatus {
  const { name, packageName, version, manifest, evidence } = source;
  const { state, detail, remedy } = condition;
  const vitals = supervisor?.vitals;
  const slowed = vitals?.slowed ?? false;
  // Without a process there is nothing to hold to anything.
  const held =
    supervisor === null
      ? { enforced: [], declared: [] }
      : namesByEnforcement(manifest.capabilities, means);
  return {
    name,
    package: packageName,
    version,
    activation: manifest.activation,
    evidence,
    enabled: isEnabled,
    configured: isConfigured,
    state: supervisor === null && state === 'running' ? 'emit-only' : state,
    detail: slowed ? [detail, SLOWED].filter((text) => text !== '').join('; ') : detail,
    remedy,
    pid: supervisor?.pid ?? null,
    memory: vitals?.memory ?? null,
    events: vitals?.events ?? 0,
    last_event: vitals?.lastEvent?.toISOString() ?? null,
    restarts: vitals?.restarts ?? 0,
    waits,
    slowed,
    ...held,
  };
}
