/** What a manifest says of its events' fields is what the source's schemas let through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

interface Described {
  readonly DESCRIBED: readonly string[];
  readonly manifestOf: (source: string) => {
    readonly 'waitbus.sources.v1': Readonly<Record<string, { readonly fields: unknown }>>;
  };
  readonly fieldsOf: (source: string) => Promise<unknown>;
}
const program = new URL('../../plugin-sdk/write-fields.mjs', import.meta.url).href;
const { DESCRIBED, fieldsOf, manifestOf } = (await import(program)) as Described;

for (const source of DESCRIBED) {
  test(`${source}: node --import tsx plugin-sdk/write-fields.mjs has nothing to write`, async () => {
    const declared = manifestOf(source)['waitbus.sources.v1'][source]?.fields;
    assert.deepEqual(declared, await fieldsOf(source));
  });
}
