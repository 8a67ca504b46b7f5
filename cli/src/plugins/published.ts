/** A pin against what its registry has now: the bytes, and who is proven to have published them. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  describePublisher,
  samePublisher,
  type Pin,
  type Publisher,
} from '@waitbus/plugin-sdk/lockfile';
import { pluginExitOf, PLUGIN_EXIT } from './exit-codes.js';
import { finding, type Finding } from './finding.js';

/** What the registry says of a version now; rejects with WAITBUS_REGISTRY_UNREACHABLE. */
export type AskRegistry = (name: string, version: string) => Promise<RegistryAnswer>;

export interface RegistryAnswer {
  readonly integrity: string | null;
  /** Fetches its attestation and verifies it; rejects when there is one that does not hold. */
  readonly evidence: () => Promise<Pick<Pin, 'evidence' | 'publisher'>>;
}

/** The bytes, and where the pin says that it knows who published them, the proof of that. */
export async function published(name: string, pin: Pin, ask: AskRegistry): Promise<Finding[]> {
  const what = `${name} ${pin.version}`;
  try {
    const { integrity, evidence } = await ask(name, pin.version);
    if (integrity !== pin.integrity) {
      const message = `${what}: the registry has ${integrity ?? 'no integrity'}, pinned is ${pin.integrity}`;
      const remedy = 'Ask its author why the bytes of a published version changed.';
      return [mismatch(name, message, remedy)];
    }
    if (pin.evidence !== 'provenance') return [];
    const { publisher } = await evidence();
    const reason = publisherProblem(pin.publisher, publisher);
    if (reason === null) return [];
    const remedy = `waitbus plugin remove ${name} && waitbus plugin add ${name}@${pin.version} pins what holds.`;
    return [mismatch(name, `${what}: ${reason}`, remedy)];
  } catch (error) {
    const holdsNot = pluginExitOf(error) === PLUGIN_EXIT.mismatch;
    return [finding(holdsNot ? 'integrity-mismatch' : 'registry-unreachable', name, error)];
  }
}

function publisherProblem(pinned: Publisher | null, holds: Publisher | null): string | null {
  if (pinned === null) return 'its pin says provenance, and names no publisher';
  if (holds === null) return 'its pin says provenance, and the registry has no attestation of it';
  if (samePublisher(pinned, holds) && pinned.repository === holds.repository) return null;
  return `its attestation names ${describePublisher(holds)}, its pin ${describePublisher(pinned)}`;
}

function mismatch(name: string, message: string, remedy: string): Finding {
  const error = new WaitbusError('WAITBUS_PIN_MISMATCH', message, remedy);
  return finding('integrity-mismatch', name, error);
}
