/**
 * Writes the `fields` of a source's manifest from the schemas that its events are checked with, so
 * that what a wait is held against is what can be emitted. `node --import tsx plugin-sdk/write-fields.mjs`
 * after a change of a schema; test/sources/manifest-fields.test.ts compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const plugins = join(dirname(fileURLToPath(import.meta.url)), '..', 'plugins');

/** Those whose events have schemas; what programs emit under the others is described by hand. */
export const DESCRIBED = ['alertmanager', 'docker', 'fs', 'github'];

export function manifestOf(source) {
  return JSON.parse(readFileSync(join(plugins, source, 'package.json'), 'utf8'));
}

/** By event type, what each key of `fields` holds. */
export async function fieldsOf(source) {
  const { default: definition } = await import(
    pathToFileURL(join(plugins, source, 'src', 'index.ts')).href
  );
  const types = Object.entries(definition.events).map(([type, schema]) => [type, shapeOf(schema)]);
  return Object.fromEntries(types);
}

function shapeOf(schema) {
  const { type, shape, catchall } = schema._zod.def;
  if (type !== 'object' || catchall?._zod.def.type !== 'never') {
    throw new Error('the fields of an event are a strict object');
  }
  const keys = Object.entries(shape).map(([key, value]) => [key, valuesOf(value)]);
  return Object.fromEntries(keys);
}

/** A kind of value, or all the values there are. */
function valuesOf(schema) {
  const { def } = schema._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'readonly':
      return valuesOf(def.innerType);
    case 'pipe':
      return valuesOf(def.in);
    case 'string':
    case 'boolean':
      return def.type;
    case 'number':
      return def.format === undefined ? 'number' : 'integer';
    case 'bigint':
      return 'integer';
    case 'enum':
      return Object.values(def.entries);
    case 'literal':
      return def.values;
    case 'array':
    case 'object':
    case 'record':
      return 'object';
    case 'union':
      return unionOf(def.options.map(valuesOf));
    default:
      return 'any';
  }
}

function unionOf(kinds) {
  if (kinds.every(Array.isArray)) return [...new Set(kinds.flat())];
  const [first] = kinds;
  return kinds.every((kind) => kind === first) ? first : 'any';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const source of DESCRIBED) {
    const manifest = manifestOf(source);
    const entry = manifest['waitbus.sources.v1'][source];
    // Behind the event types, where a reader looks for it.
    const { entry: module, activation, eventTypes, fields: _old, ...rest } = entry;
    manifest['waitbus.sources.v1'][source] = {
      entry: module,
      activation,
      eventTypes,
      fields: await fieldsOf(source),
      ...rest,
    };
    writeFileSync(join(plugins, source, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}
