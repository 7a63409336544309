// The official `openai` client for Node, which only a proxy understands: a chat and a stream. Prints what it saw as JSON, an error included.
import OpenAI from "openai";

const { BASE_URL, TOKEN, HEADERS, MODEL } = process.env;
const client = new OpenAI({ baseURL: `${BASE_URL}/v1`, apiKey: TOKEN, maxRetries: 0, defaultHeaders: JSON.parse(HEADERS) });
const asked = { model: MODEL, messages: [{ role: "user", content: "Say hello." }] };
try {
  const first = (await client.chat.completions.create(asked)).choices[0].message.content;
  let text = "";
  for await (const part of await client.chat.completions.create({ ...asked, stream: true })) text += part.choices[0]?.delta?.content ?? "";
  console.log(JSON.stringify([first, text]));
} catch (error) {
  console.log(JSON.stringify([error.status, error.headers?.get("retry-after")]));
}
