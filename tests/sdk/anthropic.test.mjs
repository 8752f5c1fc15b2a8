// The fake provider's Messages protocol against the official Anthropic SDK: what it writes must fold to
// the answer that the scenario describes, and what it takes must be what the SDK sends.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import Anthropic, { toFile } from "@anthropic-ai/sdk";

import { FAKE_KEY, OBJECT_SCHEMA, startFake } from "./fake.mjs";

let fake;
let client;

before(async () => {
  fake = await startFake();
  client = new Anthropic({ apiKey: FAKE_KEY, authToken: null, baseURL: fake.rootUrl, maxRetries: 0, timeout: 20_000 });
});
beforeEach(() => fake.forget());
after(() => fake?.stop());

const tool = (name) => ({ name, input_schema: { type: "object", properties: {} } });
const QUESTION = { role: "user", content: "What is there?" };
const THINKING = { thinking: { type: "adaptive", display: "summarized" } };
const question = (model, more = {}) => ({
  model: `scenario:${model}`,
  max_tokens: 4096,
  messages: [QUESTION],
  tools: [tool("items"), tool("schema")],
  ...more,
});
const stream = (model, more) => client.messages.stream(question(model, more)).finalMessage();
async function events(model, more) {
  const seen = [];
  for await (const event of await client.messages.create(question(model, { stream: true, ...more }))) seen.push(event);
  return seen;
}
async function failure(model, more) {
  try {
    await stream(model, more);
  } catch (error) {
    return error;
  }
  assert.fail(`${model} did not fail`);
}
const callsOf = (message) => message.content.filter(({ type }) => type === "tool_use");
const results = (message) => ({ role: "user", content: callsOf(message).map(({ id }) => ({ type: "tool_result", tool_use_id: id, content: "[]" })) });
const said = ({ role, content }) => ({ role, content });

test("text, streamed and whole, with usage and stop reason", async () => {
  const streamed = await stream("hello");
  assert.deepEqual(streamed.content.map(({ type, text }) => [type, text]), [["text", "Hello from the fake provider."]]);
  assert.equal(streamed.stop_reason, "end_turn");
  assert.deepEqual([streamed.usage.input_tokens, streamed.usage.output_tokens], [3, 5]);
  const whole = await client.messages.create(question("hello"));
  assert.deepEqual(whole.content, streamed.content);
  assert.equal(whole.stop_reason, "end_turn");
  assert.deepEqual(whole.usage, streamed.usage);
});

test("tokens from the cache are not among the input tokens", async () => {
  await fake.script("cached", { steps: [{ answer: "message", text: "Hi", tokens: { prompt: 100, cached: 60, completion: 9, reasoning: 4 } }] });
  const { usage } = await client.messages.stream({ ...question("hello"), model: "cached" }).finalMessage();
  assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens], [40, 60, 9]);
  assert.equal(usage.output_tokens_details.thinking_tokens, 4);
});

test("every event, in order", async () => {
  const response = await client.messages.create(question("reasoning", { ...THINKING, stream: true })).asResponse();
  const names = (await response.text()).match(/(?<=^event: ).*$/gm);
  assert.deepEqual(names.filter((name, index) => name !== names[index - 1]), [
    "message_start",
    "content_block_start",
    "ping",
    "content_block_delta",
    "content_block_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  assert.equal((await events("read-articles")).find(({ type }) => type === "content_block_delta").delta.partial_json, "");
});

test("three parallel calls, and their results in the next request", async () => {
  const first = await stream("three-reads");
  assert.equal(first.stop_reason, "tool_use");
  assert.deepEqual(callsOf(first).map(({ input }) => input.collection), ["articles", "authors", "pages"]);
  const second = await stream("three-reads", { messages: [QUESTION, said(first), results(first)] });
  assert.equal(second.content[0].text, "That is done.");
  assert.deepEqual((await fake.requests()).map(({ step }) => step), [0, 1]);
});

test("thinking comes back with the calls that it led to", async () => {
  const messages = [QUESTION];
  for (const collection of ["articles", "authors"]) {
    const message = await stream("reasoning-with-tools", { ...THINKING, messages });
    assert.match(message.content[0].thinking, new RegExp(collection));
    assert.ok(message.content[0].signature.length > 20);
    assert.equal(callsOf(message)[0].input.collection, collection);
    messages.push(said(message), results(message));
  }
  assert.equal((await stream("reasoning-with-tools", { ...THINKING, messages })).content[0].text, "That is done.");
});

test("thinking that was dropped or changed is refused", async () => {
  const message = await stream("reasoning-with-tools", THINKING);
  const [thinking, call] = message.content;
  for (const [content, expected] of [
    [[call], /Expected `thinking` or `redacted_thinking`, but found `tool_use`/],
    [[call, thinking], /Expected `thinking`/],
    [[{ ...thinking, thinking: "Something else." }, call], /Invalid `signature` in `thinking` block/],
    [[{ ...thinking, signature: "" }, call], /Invalid `signature`/],
  ]) {
    const messages = [QUESTION, { role: "assistant", content }, results(message)];
    const error = await failure("reasoning-with-tools", { ...THINKING, messages });
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.message, expected);
  }
});

test("redacted thinking comes back unchanged", async () => {
  const message = await stream("reasoning-redacted", THINKING);
  const [redacted, call] = message.content;
  assert.equal(redacted.type, "redacted_thinking");
  const asking = (...content) => ({ ...THINKING, messages: [QUESTION, { role: "assistant", content }, results(message)] });
  assert.equal((await stream("reasoning-redacted", asking(redacted, call))).content[0].text, "That is done.");
  assert.match((await failure("reasoning-redacted", asking({ ...redacted, data: "AAAA" }, call))).message, /Invalid `data`/);
  assert.match((await failure("reasoning-redacted", asking(call))).message, /Expected `thinking`/);
});

test("no thinking unless it is asked for, and none shown when omitted", async () => {
  assert.deepEqual((await stream("reasoning")).content.map(({ type }) => type), ["text"]);
  const omitted = await stream("reasoning", { thinking: { type: "adaptive", display: "omitted" } });
  assert.equal(omitted.content[0].thinking, "");
  assert.ok(omitted.content[0].signature);
});

test("refusal, cut off by length, an error in place of the end", async () => {
  const refused = await stream("refusal");
  assert.deepEqual([refused.stop_reason, refused.stop_details.explanation], ["refusal", "I cannot help with that."]);
  assert.equal((await stream("cut-short")).stop_reason, "max_tokens");
  assert.equal((await stream("filtered")).stop_reason, "refusal");
  assert.match((await failure("failed")).message, /Internal server error/);
});

test("structured output, by a schema and by a tool, and only where it is asked for", async () => {
  const output_config = { format: { type: "json_schema", schema: OBJECT_SCHEMA } };
  const answer = await stream("object", { output_config, tools: [] });
  assert.deepEqual(JSON.parse(answer.content[0].text), { title: "Harbour reopens", tags: ["harbour", "city"] });
  assert.deepEqual(JSON.parse((await stream("object-invalid", { output_config })).content[0].text), { title: 7 });
  const forced = await stream("object", { tools: [tool("answer")], tool_choice: { type: "tool", name: "answer" } });
  assert.deepEqual([forced.stop_reason, callsOf(forced)[0].name, callsOf(forced)[0].input.title], ["tool_use", "answer", "Harbour reopens"]);
  assert.match((await failure("object")).message, /doesn't ask for/);
});

test("files: uploaded, named in a question, deleted", async () => {
  const file = await toFile(Buffer.from("A harbour report."), "report.pdf", { type: "application/pdf" });
  const stored = await client.files.upload({ file, expires_in_seconds: 3600 });
  assert.deepEqual([stored.filename, stored.size_bytes, stored.mime_type, stored.type], ["report.pdf", 17, "application/pdf", "file"]);
  assert.equal(Date.parse(stored.expires_at) - Date.parse(stored.created_at), 3_600_000);
  const content = [{ type: "document", source: { type: "file", file_id: stored.id } }, { type: "text", text: "Read it." }];
  const messages = [{ role: "user", content }];
  assert.equal((await stream("files", { messages })).content[0].text, "I see report.pdf (application/pdf, 17 bytes)");
  assert.equal((await client.files.retrieveMetadata(stored.id)).id, stored.id);
  assert.deepEqual(await client.files.delete(stored.id), { id: stored.id, type: "file_deleted" });
  assert.deepEqual((await fake.files()).map(({ service, bytes, deleted }) => [service, bytes, deleted]), [["anthropic", 17, true]]);
  await assert.rejects(client.files.delete(stored.id), Anthropic.NotFoundError);
  assert.ok((await failure("files", { messages })) instanceof Anthropic.NotFoundError);
});

for (const [model, Class, status, type] of [
  ["error-400", Anthropic.BadRequestError, 400, "invalid_request_error"],
  ["error-401", Anthropic.AuthenticationError, 401, "authentication_error"],
  ["error-429", Anthropic.RateLimitError, 429, "rate_limit_error"],
  ["error-429-quota", Anthropic.APIError, 402, "billing_error"],
  ["error-500", Anthropic.InternalServerError, 500, "api_error"],
  ["error-529", Anthropic.InternalServerError, 529, "overloaded_error"],
  ["error-context-length", Anthropic.BadRequestError, 400, "invalid_request_error"],
]) {
  test(`the SDK's error class: ${model}`, async () => {
    const error = await failure(model);
    assert.ok(error instanceof Class, `${error?.constructor?.name}: ${error?.message}`);
    assert.deepEqual([error.status, error.error.error.type], [status, type]);
    assert.match(error.requestID, /^req_\d+$/);
    assert.equal(error.error.request_id, error.requestID);
  });
}

const call = (id) => ({ type: "tool_use", id, name: "items", input: {} });
const result = (id) => ({ type: "tool_result", tool_use_id: id, content: "[]" });
const assistant = (...content) => ({ role: "assistant", content });
const user = (...content) => ({ role: "user", content });
const marked = (text) => ({ type: "text", text, cache_control: { type: "ephemeral" } });
for (const [name, more, message] of [
  ["no max_tokens", { max_tokens: undefined }, /max_tokens: Field required/],
  ["unknown parameter", { stop: ["x"] }, /stop: Extra inputs are not permitted/],
  ["temperature", { temperature: 1 }, /temperature: Extra inputs are not permitted/],
  ["no messages", { messages: [] }, /at least one message is required/],
  ["assistant first", { messages: [assistant({ type: "text", text: "Hi" })] }, /first message must use the "user" role/],
  ["two user messages", { messages: [QUESTION, QUESTION] }, /roles must alternate/],
  ["empty text", { messages: [user({ type: "text", text: "" })] }, /must be non-empty/],
  ["blank text", { messages: [user({ type: "text", text: " \n" })] }, /non-whitespace/],
  ["empty message", { messages: [{ role: "user", content: "" }] }, /must have non-empty content/],
  ["prefill", { messages: [QUESTION, assistant({ type: "text", text: "I" })] }, /prefill/],
  ["no result", { messages: [QUESTION, assistant(call("a")), user({ type: "text", text: "Well?" })] }, /without `tool_result` blocks immediately after: a/],
  ["result behind text", { messages: [QUESTION, assistant(call("a")), user({ type: "text", text: "Here" }, result("a"))] }, /immediately after: a/],
  ["result without call", { messages: [user(result("a"))] }, /unexpected `tool_use_id`/],
  ["two results", { messages: [QUESTION, assistant(call("a")), user(result("a"), result("a"))] }, /single result/],
  ["bad call id", { messages: [QUESTION, assistant(call("a.b")), user(result("a.b"))] }, /should match pattern/],
  ["input as text", { messages: [QUESTION, assistant({ ...call("a"), input: "{}" }), user(result("a"))] }, /valid dictionary/],
  ["five cache marks", { system: ["a", "b", "c", "d", "e"].map(marked) }, /maximum of 4 blocks with cache_control/],
  ["thinking with a forced tool", { ...THINKING, tool_choice: { type: "any" } }, /Thinking may not be enabled/],
  ["small budget", { thinking: { type: "enabled", budget_tokens: 100 } }, /greater than or equal to 1024/],
  ["budget over max_tokens", { thinking: { type: "enabled", budget_tokens: 5000 } }, /`max_tokens` must be greater/],
  ["tool without schema", { tools: [{ name: "items" }] }, /input_schema: Field required/],
  ["tool choice without tools", { tools: [], tool_choice: { type: "auto" } }, /while providing tools/],
]) {
  test(`refused: ${name}`, async () => {
    const error = await failure("hello", more);
    assert.ok(error instanceof Anthropic.BadRequestError, String(error));
    assert.match(error.error.error.message, message);
    assert.deepEqual((await fake.requests()).map(({ step }) => step), [null]);
  });
}

test("versions: the older one takes a temperature, another one is refused", async () => {
  const asking = (version, more) => client.messages.create(question("hello", more), { headers: { "anthropic-version": version } });
  assert.equal((await asking("2023-06-01", { temperature: 0.5 })).stop_reason, "end_turn");
  await assert.rejects(asking("2024-01-01"), /is not a valid version/);
  await assert.rejects(asking(null), /header is required/);
});

test("keys: in either header, and refused", async () => {
  const as = (options) => new Anthropic({ baseURL: fake.rootUrl, maxRetries: 0, ...options }).messages.create(question("hello"));
  assert.equal((await as({ apiKey: null, authToken: FAKE_KEY })).stop_reason, "end_turn");
  await assert.rejects(as({ apiKey: "sk-wrong", authToken: null }), Anthropic.AuthenticationError);
});

test("an error event, a cut, an early end", async () => {
  const error = await failure("error-event");
  assert.ok(error instanceof Anthropic.APIError);
  assert.match(error.message, /stumbled/);
  assert.match(String((await failure("cut")).cause ?? (await failure("cut"))), /terminated|closed|Connection error/i);
  assert.ok(await failure("ends-early"));
});
