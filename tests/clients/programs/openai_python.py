"""The official `openai` client, which only a proxy understands: a chat and a stream. Prints what it saw as JSON, an error included."""

import json
import os

import openai

client = openai.OpenAI(
    base_url=os.environ["BASE_URL"] + "/v1", api_key=os.environ["TOKEN"], default_headers=json.loads(os.environ["HEADERS"]), max_retries=0
)
asked = {"model": os.environ["MODEL"], "messages": [{"role": "user", "content": "Say hello."}]}
try:
    first = client.chat.completions.create(**asked).choices[0].message.content
    parts = client.chat.completions.create(**asked, stream=True)
    print(json.dumps([first, "".join(part.choices[0].delta.content or "" for part in parts if part.choices)]))
except openai.APIStatusError as error:
    print(json.dumps([error.status_code, error.response.headers.get("retry-after")]))
