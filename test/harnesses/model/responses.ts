/** OpenAI's Responses API, as Codex speaks it. `input_tokens` holds what was cached too. */
import { list, object, text } from '../json.js';
import type { Protocol, Said, Turn } from './scenario.js';
import type { Usage } from './usage.js';

/** Before the name of a tool that takes a text and no arguments. */
const CUSTOM = 'custom:';
/** Codex offers the tools of MCP servers only to a model that has looked for them with this one. */
export const SEARCH = 'tool_search';

export const responses: Protocol = {
  family: 'responses',
  turn(agent, _path, body): Turn {
    const request = object(body);
    const instructions = text(request['instructions']);
    return {
      agent,
      family: 'responses',
      model: text(request['model']),
      tools: [...list(request['tools']), ...found(request['input'])].flatMap(namesOf),
      said: [
        ...(instructions === '' ? [] : [{ by: 'system', text: instructions, calls: [] } as const]),
        ...list(request['input']).map(saidOf),
      ],
      isStream: request['stream'] === true,
    };
  },
  whole: ({ id, turn, usage, step }) => responseOf(id, turn.model, usage, [itemOf(id, step)]),
  frames({ id, turn, usage, step }) {
    const response = {
      id: `resp_${id}`,
      object: 'response',
      model: turn.model,
      status: 'in_progress',
    };
    const start = frame('response.created', { response });
    if (step.kind === 'hang') return [start];
    const item = itemOf(id, step);
    return [
      start,
      frame('response.output_item.added', { output_index: 0, item }),
      ...(step.kind === 'say'
        ? [
            frame('response.output_text.delta', {
              item_id: `item_${id}`,
              output_index: 0,
              content_index: 0,
              delta: step.text,
            }),
          ]
        : []),
      frame('response.output_item.done', { output_index: 0, item }),
      frame('response.completed', { response: responseOf(id, turn.model, usage, [item]) }),
    ];
  },
  error: (status) => ({ error: { code: String(status), message: 'as the scenario says' } }),
};

function responseOf(id: string, model: string, usage: Usage, output: readonly object[]) {
  const input = usage.uncached + usage.cacheRead;
  const out = usage.output + usage.reasoning;
  return {
    id: `resp_${id}`,
    object: 'response',
    model,
    status: 'completed',
    output,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage.cacheRead },
      output_tokens: out,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: input + out,
    },
  };
}

/** A tool of an MCP server is called by the server's namespace and its own name apart. */
function itemOf(id: string, step: { kind: string; text?: string; tool?: string; args?: object }) {
  if (step.kind !== 'call') {
    const content = [{ type: 'output_text', text: step.text ?? '', annotations: [] }];
    return { type: 'message', id: `item_${id}`, role: 'assistant', status: 'completed', content };
  }
  if (step.tool?.startsWith(CUSTOM) === true) {
    return {
      type: 'custom_tool_call',
      id: `item_${id}`,
      call_id: `call_${id}`,
      name: step.tool.slice(CUSTOM.length),
      input: Object.values(step.args ?? {}).join(''),
      status: 'completed',
    };
  }
  if (step.tool === SEARCH) {
    return {
      type: 'tool_search_call',
      id: `item_${id}`,
      call_id: `call_${id}`,
      execution: 'client',
      arguments: step.args,
      status: 'completed',
    };
  }
  const [name = '', namespace] = (step.tool ?? '').split('/').reverse();
  return {
    type: 'function_call',
    id: `item_${id}`,
    call_id: `call_${id}`,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    arguments: JSON.stringify(step.args),
    status: 'completed',
  };
}

function namesOf(tool: unknown): readonly string[] {
  const { type, name, tools } = object(tool);
  if (type === 'custom') return [`${CUSTOM}${text(name)}`];
  if (type !== 'namespace') return [text(name) === '' ? text(type) : text(name)];
  return list(tools).map((inner) => `${text(name)}/${text(object(inner)['name'])}`);
}

/** The tools that were found in a search before. */
function found(input: unknown): readonly unknown[] {
  return list(input).flatMap((item) => {
    const { type, tools } = object(item);
    return type === 'tool_search_output' ? list(tools) : [];
  });
}

function frame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function saidOf(item: unknown): Said {
  const { type, role, name, output, content, tools } = object(item);
  if (type === 'tool_search_call') return { by: 'model', text: '', calls: [SEARCH] };
  if (type === 'tool_search_output') return { by: 'tool', text: JSON.stringify(tools), calls: [] };
  if (type === 'function_call') return { by: 'model', text: '', calls: [text(name)] };
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return { by: 'tool', text: textOf(output), calls: [] };
  const by = role === 'assistant' ? 'model' : role === 'user' ? 'user' : 'system';
  return { by, text: textOf(content), calls: [] };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return list(value)
    .map((part) => text(object(part)['text']))
    .join('\n');
}
