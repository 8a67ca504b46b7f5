/**
 * An agent that is a LangGraph.js graph with a fake chat model: a seed goes through `think`, which
 * asks the model, and `answer`. LangGraph is not ours to bring: it is the one of the directory that
 * the run was started in.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { performAttached } from './attached.js';

/** Of two packages, only what is used here. */
interface LangGraph {
  readonly Annotation: { (): unknown; Root: (fields: Record<string, unknown>) => unknown };
  readonly START: string;
  readonly END: string;
  readonly StateGraph: new (state: unknown) => Graph;
}
interface Graph {
  addNode(name: string, run: (state: State) => Promise<Partial<State>>): Graph;
  addEdge(from: string, to: string): Graph;
  compile(): { invoke(state: Partial<State>): Promise<State> };
}
interface State {
  readonly seed: string;
  readonly thought: string;
  readonly said: string;
}
interface Fakes {
  readonly FakeListChatModel: new (fields: { responses: string[] }) => {
    invoke(text: string): Promise<{ content: unknown }>;
  };
}

const require = createRequire(
  join(process.env['WAITBUS_SWARM_FROM'] ?? process.cwd(), 'package.json'),
);
const load = (name: string) =>
  import(pathToFileURL(require.resolve(name)).href) as Promise<unknown>;
const { Annotation, START, END, StateGraph } = (await load('@langchain/langgraph')) as LangGraph;
const { FakeListChatModel } = (await load('@langchain/core/utils/testing')) as Fakes;

const model = new FakeListChatModel({ responses: ['heard'] });
const state = Annotation.Root({
  seed: Annotation(),
  thought: Annotation(),
  said: Annotation(),
});
const graph = new StateGraph(state)
  .addNode('think', async ({ seed }) => ({ thought: String((await model.invoke(seed)).content) }))
  .addNode('answer', async ({ thought }) => ({ said: thought }))
  .addEdge(START, 'think')
  .addEdge('think', 'answer')
  .addEdge('answer', END)
  .compile();

await performAttached(async (seed) => {
  const { said } = await graph.invoke({ seed: seed.event_id });
  return said;
});
