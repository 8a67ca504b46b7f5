/**
 * The configuration file: found by cosmiconfig in the config directory, checked with zod, all
 * problems at once.
 */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { cosmiconfigSync } from 'cosmiconfig';
import { z } from 'zod';
import { parseDuration } from '../duration.js';
import { CONFIG_FILES, type Config } from './config.js';

const duration = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds !== null) return milliseconds;
  context.addIssue({ code: 'custom', message: `${text} is not a duration such as 30d or 12h` });
  return z.NEVER;
});

const UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9 };

const size = z.string().transform((text, context) => {
  const match = /^(\d+)(KB|MB|GB)$/.exec(text);
  if (match !== null) return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
  context.addIssue({ code: 'custom', message: `${text} is not a size such as 500MB or 2GB` });
  return z.NEVER;
});

const configSchema = z.strictObject({
  /** `normal` survives a killed process; `full` a power failure as well. */
  durability: z.enum(['normal', 'full']).default('normal'),
  retention: z.strictObject({ maxAge: duration.optional(), maxSize: size.optional() }).default({}),
  log: z
    .strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
    .default({
      level: 'info',
    }),
  /** Each source's own section, checked by the source. */
  sources: z.record(z.string(), z.unknown()).default({}),
});

/** @throws WaitbusError WAITBUS_BAD_CONFIG with every problem and its path */
export function readConfig(configDir: string): Config {
  const explorer = cosmiconfigSync('waitbus', {
    searchPlaces: [...CONFIG_FILES],
    searchStrategy: 'none',
  });
  let found;
  try {
    found = explorer.search(configDir);
  } catch (error) {
    throw new WaitbusError('WAITBUS_BAD_CONFIG', (error as Error).message);
  }
  const parsed = configSchema.safeParse(found?.config ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.map(String).join('.')}: ${issue.message}`,
  );
  throw new WaitbusError(
    'WAITBUS_BAD_CONFIG',
    `${found?.filepath ?? configDir}:\n  ${problems.join('\n  ')}`,
  );
}
