/** Reads the configuration file and checks it with the schema: all problems at once. */
import { z } from 'zod';
import type { Config } from './config.js';
import { DEFAULT_CONFIG } from './config.js';
import { findConfig, type ConfigText } from './find.js';
import { parseConfig, type Parsed } from './parse.js';
import { badConfig, pathText, type Path, type Problem } from './problems.js';
import { configSchema } from './schema.js';
import { didYouMean } from './suggest.js';

/** A file, what it says, and what is wrong with that. */
export interface Reading {
  /** null when its text cannot even be parsed. */
  readonly parsed: Parsed | null;
  /** null when there is any problem. */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
}

/** @throws WaitbusError WAITBUS_BAD_CONFIG with every problem */
export function readConfig(configDir: string): Config {
  const found = findConfig(configDir);
  if (found === null) return DEFAULT_CONFIG;
  const { config, problems } = checkText(found);
  if (config === null) throw badConfig(found.file, problems);
  return config;
}

/** Pure. */
export function checkText({ file, text }: ConfigText): Reading {
  const { parsed, problems } = parseConfig(text, file);
  if (parsed === null) return { parsed, config: null, problems };
  const checked = configSchema.safeParse(parsed.data);
  if (!checked.success) {
    return { parsed, config: null, problems: problemsOf(checked.error.issues, parsed) };
  }
  const { $schema: _, ...config } = checked.data;
  return { parsed, config, problems: [] };
}

function problemsOf(issues: readonly z.core.$ZodIssue[], { lineOf }: Parsed): Problem[] {
  const at = (path: Path, message: string): Problem => ({
    level: 'error',
    path: pathText(path),
    line: lineOf(path),
    message,
  });
  const problems = issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code !== 'unrecognized_keys') return [at(path, issue.message)];
    return issue.keys.map((key) =>
      at([...path, key], `unknown key${didYouMean(key, keysAt(path))}`),
    );
  });
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** The keys that an object of the schema may have. */
function keysAt(path: Path): string[] {
  let schema: unknown = configSchema;
  for (const key of path) {
    const shape: Readonly<Record<string, unknown>> = objectOf(schema)?.shape ?? {};
    schema = shape[String(key)];
  }
  return Object.keys(objectOf(schema)?.shape ?? {});
}

function objectOf(schema: unknown): z.ZodObject | null {
  if (schema instanceof z.ZodDefault) return objectOf(schema.unwrap());
  return schema instanceof z.ZodObject ? schema : null;
}
