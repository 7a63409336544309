"""The official `anthropic` client: a conversation with a tool call, a stream, a count. Prints what it saw as JSON, an error included."""

import json
import os

import anthropic

client = anthropic.Anthropic(
    base_url=os.environ["BASE_URL"], auth_token=os.environ["TOKEN"], default_headers=json.loads(os.environ["HEADERS"]), max_retries=0
)
tool = {"name": "echo", "description": "Echoes.", "input_schema": {"type": "object", "properties": {}}}
asked = {"model": os.environ["MODEL"], "max_tokens": 64, "tools": [tool], "extra_body": {"something_new": {"ratio": 1.5}}}
messages = [{"role": "user", "content": "Say hello."}]
try:
    first = client.messages.create(messages=messages, **asked)
    call = first.content[-1]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "hello"}
    messages += [{"role": "assistant", "content": [call.model_dump()]}, {"role": "user", "content": [result]}]
    with client.messages.stream(messages=messages, **asked) as stream:
        text = "".join(stream.text_stream)
    counted = client.messages.count_tokens(model=asked["model"], messages=messages, tools=[tool])
    print(json.dumps([first.model_dump(), text, counted.input_tokens]))
except anthropic.APIStatusError as error:
    print(json.dumps([error.status_code, error.body, error.response.headers.get("retry-after"), error.request_id]))
