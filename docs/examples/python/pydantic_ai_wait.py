"""A Pydantic AI agent that waits for another agent instead of polling. It runs offline, with the
library's own function model; put a real one in its place.

    pip install pydantic-ai
    eval "$(waitbus source env agent)"
    python pydantic_ai_wait.py    # then, in another terminal:
    waitbus emit --source agent --event-type agent_finished --field msg_from=builder --summary 'parser done'
"""

import sys

import waitbus
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel


def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    for part in messages[-1].parts:
        if isinstance(part, ToolReturnPart):
            return ModelResponse(parts=[TextPart(f"I was told: {part.content}")])
    return ModelResponse(parts=[ToolCallPart("wait", {"match": ['fields.msg_from="builder"']})])


agent = Agent(FunctionModel(model))


@agent.tool_plain
def wait(match: list[str], timeout_s: float = 300) -> str:
    """Blocks until an event of the source agent matches all predicates, such as fields.msg_from="builder"."""
    armed = lambda: print("waiting for", match, file=sys.stderr, flush=True)  # noqa: E731
    try:
        events = waitbus.wait_for(source="agent", match=match, timeout=timeout_s, on_armed=armed)
    except waitbus.WaitTimeout as error:
        return str(error)
    return waitbus.fence(events)


print(agent.run_sync("Tell me what the builder says when it is done.").output)
