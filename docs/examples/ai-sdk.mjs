// An agent of the Vercel AI SDK that waits for another agent instead of polling. It runs offline,
// with the SDK's own mock model; put a real one in its place.
//
//   npm install waitbus ai@6
//   node ai-sdk.mjs           # then, in another terminal:
//   waitbus emit --source agent --event-type agent_finished --field msg_from=builder --summary 'parser done'
import { generateText, jsonSchema, stepCountIs, tool } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { waitbusTools } from 'waitbus/tools';

const onArmed = () => console.error('waiting for builder');
const tools = Object.fromEntries(
  waitbusTools({ as: 'reviewer' }).map(({ name, description, inputSchema, execute }) => [
    name,
    tool({
      description,
      inputSchema: jsonSchema(inputSchema),
      execute: async (args, { abortSignal: signal }) =>
        (await execute(args, { signal, onArmed })).text,
    }),
  ]),
);

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const input = JSON.stringify({ source: 'agent', match: ['fields.msg_from="builder"'] });
const model = new MockLanguageModelV3({
  doGenerate: async ({ prompt }) => {
    const last = prompt.at(-1);
    const [content, reason] =
      last.role === 'tool'
        ? [{ type: 'text', text: `I was told: ${last.content[0].output.value}` }, 'stop']
        : [{ type: 'tool-call', toolCallId: 'call-1', toolName: 'wait', input }, 'tool-calls'];
    const finishReason = { unified: reason, raw: reason };
    return { content: [content], finishReason, usage, warnings: [] };
  },
});

const { text } = await generateText({
  model,
  tools,
  stopWhen: stepCountIs(5),
  prompt: 'Tell me what the builder says when it is done.',
});
console.log(text);
