/** Anthropic's Messages API, as Claude Code speaks it. `input_tokens` leaves out what the cache holds. */
import { list, object, text } from '../json.js';
import type { Answer, Protocol, Said, Turn } from './scenario.js';
import type { Usage } from './usage.js';

export const anthropic: Protocol = {
  family: 'anthropic',
  turn(agent, _path, body): Turn {
    const request = object(body);
    return {
      agent,
      family: 'anthropic',
      model: text(request['model']),
      tools: list(request['tools']).map((tool) => text(object(tool)['name'])),
      said: [...systemOf(request['system']), ...list(request['messages']).flatMap(saidOf)],
      isStream: request['stream'] === true,
    };
  },
  whole({ id, turn, step, usage }) {
    return {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      model: turn.model,
      content: step.kind === 'hang' ? [] : [blockOf(id, step)],
      stop_reason: step.kind === 'call' ? 'tool_use' : 'end_turn',
      stop_sequence: null,
      usage: usageIn(usage, usage.output + usage.reasoning),
    };
  },
  frames(answer) {
    const { id, turn, step, usage } = answer;
    const start = frame('message_start', {
      message: {
        id: `msg_${id}`,
        type: 'message',
        role: 'assistant',
        model: turn.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: usageIn(usage, 1),
      },
    });
    if (step.kind === 'hang') return [start];
    const [empty, delta] =
      step.kind === 'say'
        ? [
            { type: 'text', text: '' },
            { type: 'text_delta', text: step.text },
          ]
        : [
            { type: 'tool_use', id: `toolu_${id}`, name: step.tool, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(step.args) },
          ];
    return [
      start,
      frame('content_block_start', { index: 0, content_block: empty }),
      frame('content_block_delta', { index: 0, delta }),
      frame('content_block_stop', { index: 0 }),
      frame('message_delta', {
        delta: { stop_reason: step.kind === 'call' ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens: usage.output + usage.reasoning },
      }),
      frame('message_stop', {}),
    ];
  },
  error: (status) => ({
    type: 'error',
    error: {
      type: status === 429 ? 'rate_limit_error' : 'api_error',
      message: 'as the scenario says',
    },
  }),
};

function usageIn(usage: Usage, output: number) {
  return {
    input_tokens: usage.uncached,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: output,
  };
}

function blockOf(id: string, step: Exclude<Answer['step'], { kind: 'hang' }>) {
  return step.kind === 'say'
    ? { type: 'text', text: step.text }
    : { type: 'tool_use', id: `toolu_${id}`, name: step.tool, input: step.args };
}

function frame(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}

function systemOf(system: unknown): readonly Said[] {
  const said = typeof system === 'string' ? system : list(system).map(textOf).join('\n');
  return said === '' ? [] : [{ by: 'system', text: said, calls: [] }];
}

/** A message of the user may hold what tools answered and text besides: each is one thing said. */
function saidOf(message: unknown): readonly Said[] {
  const { role, content } = object(message);
  const by = role === 'assistant' ? 'model' : role === 'system' ? 'system' : 'user';
  if (typeof content === 'string') return [{ by, text: content, calls: [] }];
  return list(content).map((block): Said => {
    const { type, name } = object(block);
    if (type === 'tool_use') return { by, text: '', calls: [text(name)] };
    return { by: type === 'tool_result' ? 'tool' : by, text: textOf(block), calls: [] };
  });
}

function textOf(block: unknown): string {
  const { text: own, content } = object(block);
  if (typeof own === 'string') return own;
  return typeof content === 'string' ? content : list(content).map(textOf).join('\n');
}
