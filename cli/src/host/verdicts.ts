/** Which event types of its sources a subscriber may take for a verdict, by their manifests: pure. */
import type { Interest, InterestGrant } from '@waitbus/kernel';
import type { InstalledSource } from './inventory.js';
import { mismatchOf } from './vocabulary.js';
import { clausesOf } from './waiter.js';

type Declared = Pick<InstalledSource, 'name' | 'manifest'>;

/** What asks for a field that no verdict has asks for no verdict. */
export function verdictsOf(
  sources: readonly Declared[],
  { anyOf }: Pick<Interest, 'anyOf'>,
): Pick<InterestGrant, 'verdicts'> {
  const found = sources.flatMap(({ name, manifest }) => {
    const asked = anyOf.filter((_, at) => clausesOf(anyOf, name).includes(at));
    const types = (manifest.verdicts ?? []).filter((type) =>
      asked.some((one) => mismatchOf(one, { ...manifest, eventTypes: [type] }) === null),
    );
    return types.length === 0 ? [] : [[name, types] as const];
  });
  return found.length === 0 ? {} : { verdicts: Object.fromEntries(found) };
}
