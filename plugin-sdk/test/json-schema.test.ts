/** The published JSON Schema is the zod schema, and says something of every member. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { manifestJsonSchema } from '../src/manifest/json-schema.js';

const FILE = createRequire(import.meta.url).resolve('@waitbus/plugin-sdk/manifest.schema.json');

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
}

test('the schema that is shipped is the one of the code; npm run schema rewrites it', () => {
  assert.deepEqual(JSON.parse(readFileSync(FILE, 'utf8')), manifestJsonSchema());
});

test('every member has a description for editors to show', () => {
  const check = (node: Node, path: string): void => {
    for (const [key, member] of Object.entries(node.properties ?? {})) {
      assert.ok((member.description ?? '') !== '', `${path}.${key} has no description`);
      check(member, `${path}.${key}`);
    }
    if (typeof node.additionalProperties === 'object')
      check(node.additionalProperties, `${path}.*`);
    for (const one of node.anyOf ?? []) check(one, path);
  };
  check(manifestJsonSchema(), 'package.json');
});

test('it says that an entry is required unless activation is emit-only', () => {
  const text = JSON.stringify(manifestJsonSchema());
  assert.match(text, /"if":\{"properties":\{"activation":\{"const":"emit-only"\}\}/);
});
