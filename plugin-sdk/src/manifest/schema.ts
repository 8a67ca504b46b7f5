/**
 * The shape of the `waitbus.sources.v1` key of a package.json, checked with zod. Read as data: no
 * code of a plugin runs to find out what it is.
 */
import { subset, valid, validRange } from 'semver';
import { z } from 'zod';
import { EVENT_TYPE, SOURCE_NAME } from '../envelope/index.js';

/** The manifest key, which carries the contract's version. */
export const MANIFEST_KEY = 'waitbus.sources.v1';

const relativePath = z
  .string()
  .regex(/^\.\/[^\\]+$/, 'must be a path that starts with ./')
  .refine((path) => !path.split('/').includes('..'), 'must not leave the package');

/** What a source says it needs. Declared for consent; enforced where the running Node can. */
export const capabilitiesSchema = z.strictObject({
  net: z.array(z.string()).default([]),
  fsRead: z.array(z.string()).default([]),
  fsWrite: z.array(z.string()).default([]),
  childProcess: z.array(z.string()).default([]),
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  nativeAddon: z.boolean().default(false),
});

export type Capabilities = z.infer<typeof capabilitiesSchema>;

export const NO_CAPABILITIES: Capabilities = capabilitiesSchema.parse({});

const shellVariable = z.union([
  z.strictObject({ append: z.string().min(1) }),
  z.strictObject({ prependPath: relativePath }),
  z.strictObject({ value: z.string() }),
]);

export type ShellVariable = z.infer<typeof shellVariable>;

export const sourceEntrySchema = z
  .strictObject({
    /** Module whose default export is the source; absent for `emit-only`. */
    entry: relativePath.optional(),
    /** When its process runs: see docs/architecture. */
    activation: z.enum(['always', 'on-demand', 'emit-only']),
    eventTypes: z.array(z.string().regex(EVENT_TYPE)).min(1),
    capabilities: capabilitiesSchema.default(NO_CAPABILITIES),
    /**
     * The key of `fields` that holds a path. With it, a subscriber that gave its `cwd` hears of
     * what lies under that directory only.
     */
    scope: z.string().min(1).optional(),
    /** What `waitbus source env NAME` sets in a shell, for a program that emits by itself. */
    shellEnv: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), shellVariable).optional(),
  })
  .refine((source) => (source.activation === 'emit-only') === (source.entry === undefined), {
    path: ['entry'],
    message: 'is required unless activation is emit-only, and absent then',
  });

export type SourceEntry = z.infer<typeof sourceEntrySchema>;

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
