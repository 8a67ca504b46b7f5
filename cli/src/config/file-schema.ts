/**
 * The JSON Schema of the whole configuration file, for editors: the configuration's own, and each
 * installed source's section as its schema tells it.
 */
import { z } from 'zod';
import type { Answer } from './ask-source.js';
import { configSchema } from './schema.js';
import type { Sources } from './sections.js';

/** @param answers of the sources that have a process; pure */
export function fileSchema(installed: Sources, answers: ReadonlyMap<string, Answer>): object {
  const own = z.toJSONSchema(configSchema, { target: 'draft-07', io: 'input' });
  const properties = own.properties ?? {};
  const names = [...installed.keys()].sort();
  const sections = names.map((name) => [name, sectionOf(name, answers.get(name))] as const);
  return {
    ...own,
    title: 'The configuration of waitbus',
    properties: {
      ...properties,
      disabled: {
        ...(properties['disabled'] as object),
        // One that is not installed is allowed; those that are, editors offer.
        items: { anyOf: [{ enum: names }, { type: 'string' }] },
      },
      sources: {
        type: 'object',
        description: (properties['sources'] as { description?: string }).description,
        properties: Object.fromEntries(sections),
        additionalProperties: true,
      },
    },
  };
}

function sectionOf(name: string, answer: Answer | undefined): object {
  if (answer === undefined) {
    return { type: 'object', description: `${name} has no process; it reads no section.` };
  }
  if (!answer.asked || answer.schema === null) {
    return { type: 'object', description: `The section of ${name}, which it checks itself.` };
  }
  // One file has one dialect, named at its top.
  const { $schema: _, ...schema } = answer.schema as Readonly<Record<string, unknown>>;
  // What refers to a part of itself means its own root.
  return JSON.stringify(schema).includes('"$ref"') ? { $id: `waitbus:${name}`, ...schema } : schema;
}
