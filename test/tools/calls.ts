/** Calls tools as a framework does, and holds every result against the schema that it promised. */
import assert from 'node:assert/strict';
import { waitbusTools, type CallOptions, type ToolOptions } from 'waitbus/tools';

export type Data = Readonly<Record<string, unknown>>;

export interface Called {
  readonly text: string;
  readonly data: Data;
}

export class Tools {
  readonly #tools;

  constructor(options: ToolOptions) {
    this.#tools = new Map(waitbusTools(options).map((tool) => [tool.name, tool]));
  }

  /** A call that is to succeed. */
  async call(name: string, args: unknown = {}, options: CallOptions = {}): Promise<Called> {
    const { text, data, isError } = await this.#execute(name, args, options);
    assert.equal(isError, false, text);
    const tool = this.#tools.get(name);
    // Strict: a member that the schema does not name is a promise that nobody made.
    assert.deepEqual(tool?.output.strict().parse(data), data);
    return { text, data };
  }

  /** A call that is to be refused. @returns what the model is told */
  async refused(name: string, args: unknown = {}): Promise<string> {
    const { text, isError } = await this.#execute(name, args, {});
    assert.equal(isError, true, text);
    return text;
  }

  #execute(name: string, args: unknown, options: CallOptions) {
    const tool = this.#tools.get(name);
    assert.ok(tool !== undefined, name);
    return tool.execute(args, options);
  }
}

/** The ids of the events that a result tells of. */
export function idsOf(data: Data): string[] {
  return (data['events'] as { event_id: string }[]).map((event) => event.event_id);
}
