// The official client for Node: a conversation with a tool call, a stream, a count. Prints what it saw as JSON, an error included.
import Anthropic from "@anthropic-ai/sdk";

const { BASE_URL, TOKEN, HEADERS, MODEL } = process.env;
const client = new Anthropic({ baseURL: BASE_URL, authToken: TOKEN, apiKey: null, maxRetries: 0, defaultHeaders: JSON.parse(HEADERS) });
const tools = [{ name: "echo", description: "Echoes.", input_schema: { type: "object", properties: {} } }];
const asked = { model: MODEL, max_tokens: 64, tools, something_new: { ratio: 1.5 } };
const messages = [{ role: "user", content: "Say hello." }];
try {
  const first = await client.messages.create({ ...asked, messages });
  const call = first.content.at(-1);
  messages.push({ role: "assistant", content: [call] });
  messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "hello" }] });
  const text = await client.messages.stream({ ...asked, messages }).finalText();
  const counted = await client.messages.countTokens({ model: MODEL, messages, tools });
  console.log(JSON.stringify([first, text, counted]));
} catch (error) {
  console.log(JSON.stringify([error.status, error.error, error.headers?.get("retry-after"), error.requestID]));
}
