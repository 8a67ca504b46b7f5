/**
 * The shape of the `waitbus.sources.v1` key of a package.json, checked with zod. Read as data: no
 * code of a plugin runs to find out what it is. What the members mean stands in `entry.ts`.
 */
import { subset, valid, validRange } from 'semver';
import { z } from 'zod';
import { EVENT_TYPE, SOURCE_NAME } from '../envelope/index.js';
import { MANIFEST_KEY, NO_CAPABILITIES } from './entry.js';

const relativePath = z
  .string()
  .regex(/^\.\/[^\\]+$/, 'must be a path that starts with ./')
  .refine((path) => !path.split('/').includes('..'), 'must not leave the package');

const names = z.array(z.string());

export const capabilitiesSchema = z.strictObject({
  net: names.default([]),
  fsRead: names.default([]),
  fsWrite: names.default([]),
  childProcess: names.default([]),
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  nativeAddon: z.boolean().default(NO_CAPABILITIES.nativeAddon),
});

const shellVariable = z.union([
  z.strictObject({ append: z.string().min(1) }),
  z.strictObject({ prependPath: relativePath }),
  z.strictObject({ value: z.string() }),
]);

export const sourceEntrySchema = z
  .strictObject({
    entry: relativePath.optional(),
    activation: z.enum(['always', 'on-demand', 'emit-only']),
    eventTypes: z.array(z.string().regex(EVENT_TYPE)).min(1),
    capabilities: capabilitiesSchema.default(() => capabilitiesSchema.parse({})),
    scope: z.string().min(1).optional(),
    shellEnv: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), shellVariable).optional(),
  })
  .refine((source) => (source.activation === 'emit-only') === (source.entry === undefined), {
    path: ['entry'],
    message: 'is required unless activation is emit-only, and absent then',
  });

export const manifestSchema = z
  .record(
    z.string().regex(SOURCE_NAME, `a source name matches ${SOURCE_NAME.source}`),
    sourceEntrySchema,
  )
  .refine((sources) => Object.keys(sources).length > 0, 'declares no source');

/** A range must bound the major version: what works with every future waitbus is not known. */
const waitbusRange = z
  .string()
  .refine((range) => validRange(range) !== null, { error: 'is not a semver range', abort: true })
  .refine((range) => subset(range, '<1000000.0.0'), {
    error: 'does not bound the major version; write it like ^1.0.0',
  });

/** The members of package.json that matter to the host. Others are the author's own. */
export const packageSchema = z.looseObject({
  name: z.string().min(1),
  version: z.string().refine((version) => valid(version) !== null, 'is not a semantic version'),
  engines: z.looseObject({ waitbus: waitbusRange, node: z.string().optional() }),
  [MANIFEST_KEY]: manifestSchema,
});
