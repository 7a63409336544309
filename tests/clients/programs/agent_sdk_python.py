"""`claude-agent-sdk`: one question, which the Claude Code within it answers with a tool call. Prints what it said."""

import asyncio
import os

from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, TextBlock, query

options = ClaudeAgentOptions(
    model=os.environ["MODEL"], allowed_tools=["Bash(echo:*)"], session_id=os.environ["SESSION"], setting_sources=[]
)


async def main() -> None:
    try:
        async for message in query(prompt="Say hello.", options=options):
            if isinstance(message, AssistantMessage):
                print(*(block.text for block in message.content if isinstance(block, TextBlock)))
    except Exception as error:
        print(type(error).__name__)


asyncio.run(main())
