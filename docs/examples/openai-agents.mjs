// An agent of the OpenAI Agents SDK that waits for another agent instead of polling. It runs
// offline, with a model of five lines; leave `model` out for a real one.
//
//   npm install waitbus @openai/agents zod
//   node openai-agents.mjs    # then, in another terminal:
//   waitbus emit --source agent --event-type agent_finished --field msg_from=builder --summary 'parser done'
import { Agent, Runner, tool, Usage } from '@openai/agents';
import { waitbusTools } from 'waitbus/tools';

const onArmed = () => console.error('waiting for builder');
const tools = waitbusTools({ as: 'reviewer' }).map(({ name, description, inputSchema, execute }) =>
  tool({
    name,
    description,
    // The SDK's strict mode knows no optional arguments.
    strict: false,
    parameters: inputSchema,
    execute: async (args, _context, details) =>
      (await execute(args, { signal: details?.signal, onArmed })).text,
  }),
);

const wait = JSON.stringify({ source: 'agent', match: ['fields.msg_from="builder"'] });
const model = {
  async getResponse({ input }) {
    const last = input.at(-1);
    const answer = {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: `I was told: ${last.output?.text ?? last.output}` }],
    };
    const call = { type: 'function_call', callId: 'call-1', name: 'wait', arguments: wait };
    const output = last.type === 'function_call_result' ? [answer] : [call];
    return { usage: new Usage(), output };
  },
};

const agent = new Agent({ name: 'reviewer', instructions: 'Wait, never poll.', tools, model });
const result = await new Runner({ tracingDisabled: true }).run(
  agent,
  'Tell me what the builder says when it is done.',
);
console.log(result.finalOutput);
