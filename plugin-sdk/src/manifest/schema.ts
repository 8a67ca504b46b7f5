/**
 * The shape of the `waitbus.sources.v1` key of a package.json, checked with zod. Read as data: no
 * code of a plugin runs to find out what it is. The descriptions are what editors show; the types
 * are in `entry.ts`.
 */
import { subset, validRange } from 'semver';
import { z } from 'zod';
import { EVENT_TYPE, SOURCE_NAME } from '../envelope/index.js';
import { MANIFEST_KEY, NO_CAPABILITIES, SECRET_NAME } from './entry.js';
import { isPackageName, isVersion } from './names.js';
import { placeProblem } from './place.js';
import { passedProblem, shellProblem } from './variable.js';

/*
 * Every text of a manifest is shown to whoever is asked for consent, several in a line. So each has
 * a pattern that lets through nothing that steers a terminal, hides, or looks like the line's own
 * words: no control, no mark of direction, nothing without a picture, no comma in a list.
 */

const relativePath = z
  .string()
  .regex(/^\.\/[ -[\]-~]{1,250}$/, 'must be a path of printable ASCII that starts with ./')
  .refine((path) => !path.split('/').includes('..'), 'must not leave the package');

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable');

const hosts = z.array(
  z
    .string()
    .regex(/^[A-Za-z0-9*:[][A-Za-z0-9.:*_[\]-]{0,252}$/, 'must be a host, such as api.example.com'),
);

const programs = z.array(
  z
    .string()
    .regex(
      /^(?:\*|[\w.+-]{1,128}|~?\/[\w.~@+=%/-]{1,1000})$/,
      'must be *, the name of a program or its path',
    ),
);

/** Single spaces within, as in "~/Library/Application Support". */
const places = z.array(
  z
    .string()
    .regex(
      /^(?:\*|~|~?\/(?:[\w.~@+=:%*()&/-]| (?=[\w.~@+=:%*()&/-])){0,1000})$/,
      'must be *, an absolute path or one from ~/, of letters, digits and ._~@+=:%*()&-',
    )
    .check(({ value, issues }) => {
      const problem = placeProblem(value);
      if (problem !== null) issues.push({ code: 'custom', message: problem, input: value });
    }),
);

export const capabilitiesSchema = z
  .strictObject({
    net: hosts
      .default([])
      .describe(
        'Hosts that it talks to, or "*"; "unix" for sockets of programs on this machine. [] for none.',
      ),
    fsRead: places
      .default([])
      .describe('What it reads beside its own package: absolute paths, ~/paths, or "*".'),
    fsWrite: places
      .default([])
      .describe('What it writes beside its own state directory: absolute paths, ~/paths, or "*".'),
    childProcess: programs.default([]).describe('Programs that it starts, or "*". [] for none.'),
    env: z
      .array(
        variableName.check(({ value, issues }) => {
          const problem = passedProblem(value);
          if (problem !== null) issues.push({ code: 'custom', message: problem, input: value });
        }),
      )
      .default([])
      .describe('Environment variables that are passed to it beside PATH, HOME and the like.'),
    nativeAddon: z
      .boolean()
      .default(NO_CAPABILITIES.nativeAddon)
      .describe('Whether it, or a package that it depends on, loads native code.'),
  })
  .describe('What the source needs. Shown before it is installed; enforced where Node can.');

/** What a terminal shows as one line. */
const line = z.string().regex(/^[\x20-\x7e]{1,200}$/, 'must be one line of printable ASCII');

const shellVariable = z.union([
  z.strictObject({
    append: line.describe('A word that is added to what the variable holds.'),
  }),
  z.strictObject({
    prependPath: relativePath.describe(
      'A path of the package, put before what the variable holds.',
    ),
  }),
  z.strictObject({ value: line.or(z.literal('')).describe('What the variable is set to.') }),
]);

const fieldValues = z.union([
  z.enum(['string', 'integer', 'number', 'boolean', 'object', 'any']),
  z.array(z.union([line, z.literal(''), z.number(), z.boolean()])).min(1),
]);

export const sourceEntrySchema = z
  .strictObject({
    entry: relativePath
      .optional()
      .describe('The module whose default export is the source. Absent for emit-only.'),
    activation: z
      .enum(['always', 'on-demand', 'emit-only'])
      .describe(
        'on-demand: runs while somebody waits on it. always: runs whenever the daemon does. emit-only: no process; other programs emit under this name.',
      ),
    eventTypes: z
      .array(z.string().regex(EVENT_TYPE))
      .min(1)
      .describe('Every event type that it emits. One that is not listed is refused.'),
    fields: z
      .record(z.string().regex(EVENT_TYPE), z.record(line, fieldValues))
      .optional()
      .describe(
        'By event type, for each of eventTypes, the keys of fields and what they hold: a kind of value, or a list of all values. A wait for anything else is told that it cannot come.',
      ),
    open: z
      .boolean()
      .optional()
      .describe('Programs emit event types and fields of their own under its name.'),
    turnOn: line.optional().describe('The command that makes programs report under its name.'),
    verdicts: z
      .array(z.string().regex(EVENT_TYPE))
      .min(1)
      .optional()
      .describe(
        'Those of its event types whose conclusion is a verdict: `waitbus wait --source NAME` waits for one of them that has ended, and exits with 1 if it failed.',
      ),
    capabilities: capabilitiesSchema.default(() => capabilitiesSchema.parse({})),
    scope: line
      .optional()
      .describe(
        'The key of fields that holds a path. With it, a waiter hears of what lies under its own directory only.',
      ),
    deliveryIds: z
      .enum(['stable', 'per-run'])
      .optional()
      .describe(
        'stable (the default): two runs that observe the same happening give it the same delivery_id. per-run: what it observes has no identity beyond one run, such as a saved file.',
      ),
    secrets: z
      .array(z.string().regex(SECRET_NAME, `the name of a secret matches ${SECRET_NAME.source}`))
      .optional()
      .describe(
        'The secrets that it asks for, which ctx.secret(name) hands out. `waitbus secret set NAME` grants one to the source that names it here.',
      ),
    shellEnv: z
      .record(variableName, shellVariable)
      .check(({ value, issues }) => {
        for (const [name, how] of Object.entries(value)) {
          const message = shellProblem(name, how);
          if (message !== null) issues.push({ code: 'custom', message, path: [name], input: how });
        }
      })
      .optional()
      .describe(
        'What `waitbus source env NAME` sets in a shell, for a program that emits by itself.',
      ),
  })
  .refine((source) => (source.activation === 'emit-only') === (source.entry === undefined), {
    path: ['entry'],
    message: 'is required unless activation is emit-only, and absent then',
  })
  .refine(
    ({ fields = {}, eventTypes }) => Object.keys(fields).every((type) => eventTypes.includes(type)),
    { path: ['fields'], message: 'describes an event type that eventTypes does not list' },
  )
  .refine(
    ({ fields, eventTypes }) =>
      fields === undefined || eventTypes.every((type) => Object.hasOwn(fields, type)),
    {
      path: ['fields'],
      message: 'does not describe every event type of eventTypes; {} is for one without fields',
    },
  )
  .refine(({ verdicts = [], eventTypes }) => verdicts.every((type) => eventTypes.includes(type)), {
    path: ['verdicts'],
    message: 'names what is not in eventTypes',
  })
  .describe('A source, under the name that people type at --source.');

export const manifestSchema = z
  .record(
    z.string().regex(SOURCE_NAME, `a source name matches ${SOURCE_NAME.source}`),
    sourceEntrySchema,
  )
  .refine((sources) => Object.keys(sources).length > 0, 'declares no source')
  .describe('The waitbus sources of this package, by name. Read as data, before any code runs.');

/** A range must bound the major version: what works with every future waitbus is not known. */
const waitbusRange = line
  .refine((range) => validRange(range) !== null, { error: 'is not a semver range', abort: true })
  .refine((range) => subset(range, '<1000000.0.0'), {
    error: 'does not bound the major version; write it like ^1.0.0',
  })
  .describe(
    'The versions of waitbus it is written for; must bound the major version, as ^1.0.0 does.',
  );

/** The members of package.json that matter to the host. Others are the author's own. */
export const packageSchema = z.looseObject({
  name: z
    .string()
    .min(1)
    .refine(isPackageName, 'is no name of a package')
    .describe('The package; by custom waitbus-source-NAME.'),
  version: z
    .string()
    .refine(isVersion, 'is not a semantic version')
    .describe('A semantic version; pinned together with the content.'),
  engines: z
    .looseObject({
      waitbus: waitbusRange,
      node: line.optional().describe('The versions of Node it runs on.'),
    })
    .describe('Checked before any code of the package runs.'),
  [MANIFEST_KEY]: manifestSchema,
});
