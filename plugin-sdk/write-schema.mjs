/** Writes schema/manifest.v1.json from the compiled zod schema: `npm run schema` in the tree's root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { manifestJsonSchema } from './dist/manifest/json-schema.js';

const directory = new URL('./schema/', import.meta.url);
mkdirSync(directory, { recursive: true });
writeFileSync(
  new URL('manifest.v1.json', directory),
  `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`,
);
