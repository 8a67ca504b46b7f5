/** Google's generateContent, as Gemini CLI speaks it. `promptTokenCount` holds what was cached too. */
import { list, object, text } from '../json.js';
import type { Answer, Protocol, Said, Turn } from './scenario.js';

export const gemini: Protocol = {
  family: 'gemini',
  turn(agent, path, body): Turn {
    const request = object(body);
    const [, model = '', method = ''] = /models\/([^:/]+):(\w+)/.exec(path) ?? [];
    return {
      agent,
      family: 'gemini',
      model,
      tools: list(request['tools']).flatMap((tool) =>
        list(object(tool)['functionDeclarations']).map((one) => text(object(one)['name'])),
      ),
      said: [
        ...saidOf(request['systemInstruction']).map((said) => ({ ...said, by: 'system' }) as const),
        ...list(request['contents']).flatMap(saidOf),
      ],
      isStream: method.startsWith('stream'),
    };
  },
  whole: (answer) => responseOf(answer),
  frames(answer) {
    if (answer.step.kind !== 'hang') return [`data: ${JSON.stringify(responseOf(answer))}\n\n`];
    const content = { role: 'model', parts: [{ text: '' }] };
    return [`data: ${JSON.stringify({ candidates: [{ content, index: 0 }] })}\n\n`];
  },
  error: (status) => ({
    error: { code: status, message: 'as the scenario says', status: 'FAILED_PRECONDITION' },
  }),
};

function responseOf({ id, turn, step, usage }: Answer) {
  const prompt = usage.uncached + usage.cacheRead;
  const part =
    step.kind === 'call'
      ? { functionCall: { id: `call_${id}`, name: step.tool, args: step.args } }
      : { text: step.kind === 'say' ? step.text : '' };
  return {
    candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: {
      promptTokenCount: prompt,
      cachedContentTokenCount: usage.cacheRead,
      candidatesTokenCount: usage.output,
      thoughtsTokenCount: usage.reasoning,
      totalTokenCount: prompt + usage.output + usage.reasoning,
    },
    modelVersion: turn.model,
    responseId: id,
  };
}

function saidOf(content: unknown): readonly Said[] {
  const { role, parts } = object(content);
  const by = role === 'model' ? 'model' : 'user';
  return list(parts).map((part): Said => {
    const { text: own, functionCall, functionResponse } = object(part);
    if (functionCall !== undefined) {
      return { by: 'model', text: '', calls: [text(object(functionCall)['name'])] };
    }
    if (functionResponse === undefined) return { by, text: text(own), calls: [] };
    const { response } = object(functionResponse);
    const { output } = object(response);
    const answer = typeof output === 'string' ? output : JSON.stringify(response ?? null);
    return { by: 'tool', text: answer, calls: [] };
  });
}
