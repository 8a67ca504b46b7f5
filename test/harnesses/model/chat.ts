/** OpenAI's chat completions, as opencode and Copilot CLI speak them. `prompt_tokens` holds the cached. */
import { list, object, text } from '../json.js';
import type { Answer, Protocol, Said, Turn } from './scenario.js';
import type { Usage } from './usage.js';

export const chat: Protocol = {
  family: 'chat',
  turn(agent, _path, body): Turn {
    const request = object(body);
    return {
      agent,
      family: 'chat',
      model: text(request['model']),
      tools: list(request['tools']).map((tool) => text(object(object(tool)['function'])['name'])),
      said: list(request['messages']).map(saidOf),
      isStream: request['stream'] === true,
    };
  },
  whole({ id, turn, step, usage }) {
    const message = { role: 'assistant', content: null, ...saying(id, step) };
    return {
      ...head(id, turn, 'chat.completion'),
      choices: [{ index: 0, message, finish_reason: reason(step) }],
      usage: usageIn(usage),
    };
  },
  frames({ id, turn, step, usage }) {
    const chunk = head(id, turn, 'chat.completion.chunk');
    const start = frame({ ...chunk, choices: [{ index: 0, delta: { role: 'assistant' } }] });
    if (step.kind === 'hang') return [start];
    return [
      start,
      frame({ ...chunk, choices: [{ index: 0, delta: saying(id, step) }] }),
      frame({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: reason(step) }] }),
      frame({ ...chunk, choices: [], usage: usageIn(usage) }),
      'data: [DONE]\n\n',
    ];
  },
  error: (status) => ({ error: { code: String(status), message: 'as the scenario says' } }),
};

function head(id: string, turn: Turn, object: string) {
  return { id: `chatcmpl-${id}`, object, created: 0, model: turn.model };
}

function reason(step: Answer['step']): string {
  return step.kind === 'call' ? 'tool_calls' : 'stop';
}

function saying(id: string, step: Answer['step']): object {
  if (step.kind === 'say') return { content: step.text };
  if (step.kind === 'hang') return {};
  const called = { name: step.tool, arguments: JSON.stringify(step.args) };
  return { tool_calls: [{ index: 0, id: `call_${id}`, type: 'function', function: called }] };
}

function usageIn(usage: Usage) {
  const prompt = usage.uncached + usage.cacheRead;
  const completion = usage.output + usage.reasoning;
  return {
    prompt_tokens: prompt,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens: completion,
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: prompt + completion,
  };
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

const SPEAKERS: Readonly<Record<string, Said['by']>> = {
  assistant: 'model',
  user: 'user',
  tool: 'tool',
};

function saidOf(message: unknown): Said {
  const { role, content, tool_calls } = object(message);
  const calls = list(tool_calls).map((call) => text(object(object(call)['function'])['name']));
  return { by: SPEAKERS[text(role)] ?? 'system', text: textOf(content), calls };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => text(object(part)['text']))
    .join('\n');
}
