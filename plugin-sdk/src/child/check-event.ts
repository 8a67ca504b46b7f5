/**
 * Checks an event in the source's own process, where its author sees what is wrong.
 */
import { checkEnvelope, WaitbusError, type SourceEvent } from '../envelope/index.js';
import type { SourceDefinition, StandardIssue, StandardSchema } from '../define-source.js';

/** Envelope first, then the schema that the source gives for the event type's fields. */
export async function checkEvent(definition: SourceDefinition, event: SourceEvent): Promise<void> {
  checkEnvelope({ ...event, source: definition.name });
  const { events = {} } = definition;
  const { event_type: type } = event;
  const schema = Object.hasOwn(events, type) ? events[type] : undefined;
  if (schema === undefined) return;
  const problems = await validate(schema, event.fields ?? {});
  if (problems !== null) {
    const text = problems.map((issue) => describe(issue, 'fields')).join('; ');
    throw new WaitbusError('WAITBUS_BAD_EVENT', `${event.event_type}: ${text}`);
  }
}

async function validate(
  schema: StandardSchema,
  value: unknown,
): Promise<readonly StandardIssue[] | null> {
  const result = await schema['~standard'].validate(value);
  return result.issues ?? null;
}

function describe(issue: StandardIssue, root: string): string {
  const keys = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  return `${[root, ...keys].join('.')}: ${issue.message}`;
}
