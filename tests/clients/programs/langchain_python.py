"""`langchain-anthropic`: a conversation with a tool call, and a stream, with the token in a header of its own."""

import json
import os

import anthropic
from langchain_anthropic import ChatAnthropic

headers = {"authorization": f"Bearer {os.environ['TOKEN']}", **json.loads(os.environ["HEADERS"])}
chat = ChatAnthropic(
    model=os.environ["MODEL"], max_tokens=64, max_retries=0, base_url=os.environ["BASE_URL"], api_key="", default_headers=headers
).bind_tools([{"name": "echo", "description": "Echoes.", "input_schema": {"type": "object", "properties": {}}}])
messages = [("user", "Say hello.")]
try:
    first = chat.invoke(messages)
    messages += [first, {"role": "tool", "content": "hello", "tool_call_id": first.tool_calls[0]["id"]}]
    print(json.dumps([first.tool_calls, "".join(part.text for part in chat.stream(messages))]))
except anthropic.APIStatusError as error:
    print(json.dumps([error.status_code, error.body, error.response.headers.get("retry-after"), error.request_id]))
