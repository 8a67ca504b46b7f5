/**
 * The JSON Schema of a package.json that declares sources, made from the zod schema so that the two
 * cannot differ. Editors complete and check a manifest with it; the check that decides is zod's.
 */
import { z } from 'zod';
import { packageSchema, sourceEntrySchema } from './schema.js';

/** Draft 7, the one that editors know for package.json. */
export function manifestJsonSchema(): object {
  const schema = z.toJSONSchema(packageSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // A refinement is code; this one can be said in JSON Schema too.
      if (zodSchema === sourceEntrySchema) Object.assign(jsonSchema, ENTRY_UNLESS_EMIT_ONLY);
    },
  });
  return { ...schema, title: 'package.json of a package with waitbus sources' };
}

const ENTRY_UNLESS_EMIT_ONLY = {
  if: { properties: { activation: { const: 'emit-only' } }, required: ['activation'] },
  then: { not: { required: ['entry'] } },
  else: { required: ['entry'] },
};
