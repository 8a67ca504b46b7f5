/**
 * Checks a section of the configuration with the source's own schema, in the source's process: to
 * start with it, or to tell whoever asks what is wrong with it.
 */
import type { SourceDefinition, StandardIssue, StandardSchema } from '../define-source.js';
import { WaitbusError, type Json } from '../envelope/index.js';
import type { ConfigIssue, Examined } from '../messages.js';

/**
 * @returns the section with defaults
 * @throws WaitbusError WAITBUS_BAD_CONFIG with every issue
 */
export async function checkConfig(
  definition: SourceDefinition,
  section: unknown,
): Promise<unknown> {
  const { issues, value } = await validate(definition, section);
  if (issues.length === 0) return value;
  const text = issues.map(({ path, message }) =>
    [['sources', definition.name, ...path].join('.'), message].join(': '),
  );
  throw new WaitbusError('WAITBUS_BAD_CONFIG', text.join('; '));
}

/** Never throws because of the section. */
export async function examine(definition: SourceDefinition, section: unknown): Promise<Examined> {
  const { issues, value } = await validate(definition, section);
  const config = issues.length === 0 ? plain(value) : null;
  return { issues, config, schema: jsonSchemaOf(definition.config) };
}

async function validate(
  definition: SourceDefinition,
  section: unknown,
): Promise<{ issues: readonly ConfigIssue[]; value: unknown }> {
  if (definition.config === undefined) return { issues: [], value: section ?? {} };
  const result = await definition.config['~standard'].validate(section ?? {});
  if (result.issues === undefined) return { issues: [], value: result.value };
  return { issues: result.issues.flatMap(issuesOf), value: undefined };
}

/** One of zod's issues may be about several keys, which it names beside the path. */
function issuesOf(issue: StandardIssue): ConfigIssue[] {
  const path = (issue.path ?? []).map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });
  const { code, keys } = issue as { code?: unknown; keys?: unknown };
  if (code !== 'unrecognized_keys' || !Array.isArray(keys)) {
    return [{ path, message: issue.message, unknown: false }];
  }
  return keys.map((key) => ({
    path: [...path, String(key)],
    message: 'unknown key',
    unknown: true,
  }));
}

function jsonSchemaOf(schema: StandardSchema | undefined): Json {
  try {
    return plain(schema?.['~standard'].jsonSchema?.input({ target: 'draft-07' }) ?? null);
  } catch {
    // Some of what a schema checks cannot be said in JSON Schema.
    return null;
  }
}

/** What JSON makes of it: a configuration may become anything, a RegExp for one. */
function plain(value: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null') as Json;
  } catch {
    return null;
  }
}
