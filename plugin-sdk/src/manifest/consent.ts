/**
 * What a manifest says, in the words in which people agree to it: pure. Every member of a source's
 * entry has its place here, and the compiler and a test hold this list and the schema to each other:
 * what a manifest can say cannot be left out of what is asked.
 */
import type { Manifest, ShellVariable, SourceEntry } from './entry.js';

/** `agree`: shown, and one line more is asked about. `tell`: a change of it is shown. */
type Weight = 'agree' | 'tell';

interface Place<T> {
  readonly weight: Weight;
  /** What it means for whoever installs it, each line about the source. */
  readonly lines: (value: T) => readonly string[];
}

const list = (what: string): Place<readonly string[]> => ({
  weight: 'tell',
  lines: (values) => [...values].sort().map((value) => `${what} ${value}`),
});

const PLACES: { readonly [K in keyof Required<SourceEntry>]: Place<NonNullable<SourceEntry[K]>> } =
  {
    activation: {
      weight: 'agree',
      lines: (activation) => {
        if (activation === 'emit-only') return [];
        const waited = 'runs while somebody waits on it';
        return activation === 'always' ? [waited, 'runs whenever the daemon does'] : [waited];
      },
    },
    // Said of the package, with what of it is enforced.
    capabilities: { weight: 'tell', lines: () => [] },
    deliveryIds: { weight: 'tell', lines: (ids) => [`gives its events ids that are ${ids}`] },
    entry: { weight: 'tell', lines: (entry) => [`is the module ${entry}`] },
    eventTypes: list('emits'),
    // Each of its types is among eventTypes.
    fields: {
      weight: 'tell',
      lines: (fields) =>
        Object.entries(fields).flatMap(([type, keys]) =>
          Object.entries(keys).map(
            ([key, values]) => `describes ${key} of ${type} as ${[values].flat().join(' or ')}`,
          ),
        ),
    },
    open: {
      weight: 'agree',
      lines: (open) => (open ? ['lets programs emit other event types under its name'] : []),
    },
    scope: {
      weight: 'agree',
      lines: (key) => [`tells a waiter only of what lies below its directory, by fields.${key}`],
    },
    secrets: {
      weight: 'agree',
      lines: (names) =>
        [...names].sort().map((name) => `reads the secret ${name}, once you set it`),
    },
    shellEnv: {
      weight: 'agree',
      lines: (variables) => Object.entries(variables).map(([name, how]) => shellLine(name, how)),
    },
    turnOn: { weight: 'agree', lines: (command) => [`tells people to run ${command}`] },
    verdicts: list('ends a wait by its verdict on'),
  };

/** The members of a source's entry that have a place in what is asked and shown. */
export const CONSENT_MEMBERS: readonly string[] = Object.keys(PLACES);

/** Each line begins with the source that it is about. */
export function consentLines(manifest: Manifest, weight: Weight): string[] {
  return Object.entries(manifest.sources).flatMap(([name, entry]) =>
    (Object.keys(PLACES) as (keyof SourceEntry)[]).flatMap((member) =>
      linesOf(member, entry, weight).map((line) => `${name} ${line}`),
    ),
  );
}

export interface Declared {
  /** What the next one does and the one before did not. */
  readonly more: readonly string[];
  readonly changes: readonly string[];
}

/** @param before null when it is not known: then all of the next one counts as more */
export function declaredChanges(before: Manifest | null, next: Manifest): Declared {
  const of = (weight: Weight) => {
    const had = before === null ? [] : consentLines(before, weight);
    const has = consentLines(next, weight);
    return {
      added: has.filter((line) => !had.includes(line)),
      gone: had.filter((line) => !has.includes(line)),
    };
  };
  const agreed = of('agree');
  const told = before === null ? { added: [], gone: [] } : of('tell');
  const gone = [...agreed.gone, ...told.gone].map((line) => `no longer: ${line}`);
  return { more: agreed.added, changes: [...agreed.added, ...told.added, ...gone] };
}

function linesOf<K extends keyof SourceEntry>(
  member: K,
  entry: SourceEntry,
  weight: Weight,
): readonly string[] {
  const place = PLACES[member] as Place<unknown>;
  const value = entry[member];
  return value === undefined || place.weight !== weight ? [] : place.lines(value);
}

function shellLine(name: string, how: ShellVariable): string {
  if ('value' in how) return `sets ${name} in a shell to ${JSON.stringify(how.value)}`;
  if ('append' in how) return `adds ${JSON.stringify(how.append)} to ${name} in a shell`;
  return `puts its ${how.prependPath} first in ${name} of a shell`;
}
