"""A LangGraph agent that waits for another agent instead of polling. It runs offline, with LangChain's
own fake model; put a real one in its place.

    pip install langgraph
    eval "$(waitbus source env agent)"
    python langgraph_wait.py      # then, in another terminal:
    waitbus emit --source agent --event-type agent_finished --field msg_from=builder --summary 'parser done'
"""

import sys

import waitbus
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def wait(match: list[str], timeout_s: float = 300) -> str:
    """Blocks until an event of the source agent matches all predicates, such as fields.msg_from="builder"."""
    armed = lambda: print("waiting for", match, file=sys.stderr, flush=True)  # noqa: E731
    try:
        events = waitbus.wait_for(source="agent", match=match, timeout=timeout_s, on_armed=armed)
    except waitbus.WaitTimeout as error:
        return str(error)
    return waitbus.fence(events)


call = {"name": "wait", "args": {"match": ['fields.msg_from="builder"']}, "id": "call-1"}
llm = GenericFakeChatModel(
    messages=iter([AIMessage("", tool_calls=[call]), AIMessage("The builder is done.")])
)

graph = StateGraph(MessagesState)
graph.add_node("model", lambda state: {"messages": [llm.invoke(state["messages"])]})
graph.add_node("tools", ToolNode([wait]))
graph.add_edge(START, "model")
graph.add_conditional_edges("model", tools_condition)
graph.add_edge("tools", "model")

question = "Tell me when the builder is done."
messages = graph.compile().invoke({"messages": [("user", question)]})["messages"]
print(messages[-2].content)  # what the tool told the model
print(messages[-1].content)
