// An agent of LangGraph.js that waits for another agent instead of polling. It runs offline, with
// LangChain's own fake model; put a real one in its place.
//
//   npm install waitbus @langchain/langgraph @langchain/core
//   node langgraph.mjs        # then, in another terminal:
//   waitbus emit --source agent --event-type agent_finished --field msg_from=builder --summary 'parser done'
import { AIMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { tool } from '@langchain/core/tools';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { waitbusTools } from 'waitbus/tools';

const onArmed = () => console.error('waiting for builder');
const tools = waitbusTools({ as: 'reviewer' }).map(({ name, description, inputSchema, execute }) =>
  tool(async (args, { signal }) => (await execute(args, { signal, onArmed })).text, {
    name,
    description,
    schema: inputSchema,
  }),
);

const llm = fakeModel()
  .respondWithTools([
    { name: 'wait', args: { source: 'agent', match: ['fields.msg_from="builder"'] } },
  ])
  .respond((messages) => new AIMessage(`I was told: ${messages.at(-1).content}`));

const agent = createReactAgent({ llm, tools });
const { messages } = await agent.invoke({
  messages: [{ role: 'user', content: 'Tell me what the builder says when it is done.' }],
});
console.log(messages.at(-1).content);
