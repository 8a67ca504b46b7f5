/** The shape of the configuration, checked with zod. The descriptions are what editors show. */
import { SOURCE_NAME } from '@waitbus/plugin-sdk/envelope';
import { z } from 'zod';
import { parseDuration } from '../duration.js';

const duration = z
  .string()
  .transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== null) return milliseconds;
    context.addIssue({ code: 'custom', message: `${text} is not a duration such as 30d or 12h` });
    return z.NEVER;
  })
  .describe('A duration: 30d, 12h, 1h30m.');

const UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9 };

const size = z
  .string()
  .transform((text, context) => {
    const match = /^(\d+)(KB|MB|GB)$/.exec(text);
    if (match !== null) return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
    context.addIssue({ code: 'custom', message: `${text} is not a size such as 500MB or 2GB` });
    return z.NEVER;
  })
  .describe('A size: 500MB, 2GB.');

export const configSchema = z.strictObject({
  /** What editors name the schema by; it means nothing to waitbus. */
  $schema: z.string().optional().describe('The JSON Schema of this file, for editors.'),
  durability: z
    .enum(['normal', 'full'])
    .default('normal')
    .describe(
      'normal: an acknowledged event survives a killed process. full: a power failure too.',
    ),
  retention: z
    .strictObject({
      maxAge: duration.optional().describe('Events older than this are removed: 30d.'),
      maxSize: size.optional().describe('The oldest events are removed over this size: 500MB.'),
    })
    .default({})
    .describe('What is removed from the log, from its oldest end. Nothing unless set.'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('What the daemon logs.'),
    })
    .default({ level: 'info' })
    .describe("The daemon's own log."),
  disabled: z
    .array(z.string().regex(SOURCE_NAME, `must be the name of a source, ${SOURCE_NAME.source}`))
    .default([])
    .describe('Sources that do not run, whoever waits on them.'),
  sources: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Each source's own section, by the source's name."),
});
