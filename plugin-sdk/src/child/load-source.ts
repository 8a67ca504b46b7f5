/** Imports the entry module and checks that its default export is the source it should be. */
import { pathToFileURL } from 'node:url';
import type { SourceDefinition } from '../define-source.js';

export async function loadSource(entry: string, name: string): Promise<SourceDefinition> {
  const module = (await import(pathToFileURL(entry).href)) as {
    default?: Partial<SourceDefinition>;
  };
  const definition = module.default;
  if (typeof definition?.start !== 'function') {
    throw new Error(`${entry} has no default export with a start function`);
  }
  if (definition.name !== name) {
    throw new Error(`${entry} defines ${String(definition.name)}, its manifest declares ${name}`);
  }
  return definition as SourceDefinition;
}
