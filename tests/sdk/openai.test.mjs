// The fake provider against the official OpenAI SDK: what is written as the service writes it must
// read as the service's own.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";
import OpenAI from "openai";

import { FAKE_KEY, startFake } from "./fake.mjs";

let fake;
let client;

before(async () => {
  fake = await startFake();
  client = new OpenAI({ apiKey: FAKE_KEY, baseURL: fake.baseUrl, maxRetries: 0, timeout: 20_000 });
});
beforeEach(() => fake.forget());
after(() => fake?.stop());

const tool = (name) => ({ type: "function", function: { name, parameters: { type: "object", properties: {} } } });
const question = (model, more = {}) => ({
  model: `scenario:${model}`,
  messages: [{ role: "user", content: "What is there?" }],
  tools: [tool("items"), tool("schema")],
  ...more,
});

/** Streams a question to its end, folded by the SDK. */
async function stream(model, more = { stream_options: { include_usage: true } }) {
  return client.chat.completions.stream(question(model, more)).finalChatCompletion();
}

/** The error that a question ends with. */
async function failure(model) {
  try {
    await stream(model);
  } catch (error) {
    return error;
  }
  assert.fail(`${model} did not fail`);
}

test("text, streamed and whole, with usage", async () => {
  const streamed = await stream("hello");
  assert.equal(streamed.choices[0].message.content, "Hello from the fake provider.");
  assert.equal(streamed.choices[0].finish_reason, "stop");
  assert.deepEqual([streamed.usage.prompt_tokens, streamed.usage.completion_tokens], [3, 5]);

  const whole = await client.chat.completions.create(question("hello"));
  assert.equal(whole.choices[0].message.content, streamed.choices[0].message.content);
  assert.deepEqual(whole.usage, streamed.usage);
});

test("no usage unless it is asked for", async () => {
  for await (const chunk of await client.chat.completions.create(question("hello", { stream: true }))) {
    assert.equal(chunk.usage, undefined);
  }
});

test("one tool call, and its answer in the next request", async () => {
  const first = await stream("read-articles");
  const [call] = first.choices[0].message.tool_calls;
  assert.equal(first.choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "items");
  assert.equal(JSON.parse(call.function.arguments).collection, "articles");

  const { content, tool_calls } = first.choices[0].message;
  const history = [
    { role: "user", content: "What is there?" },
    { role: "assistant", content, tool_calls: tool_calls.map(({ id, type, function: { name, arguments: text } }) => ({ id, type, function: { name, arguments: text } })) },
    { role: "tool", tool_call_id: call.id, content: "[]" },
  ];
  const second = await client.chat.completions.stream(question("read-articles", { messages: history })).finalChatCompletion();
  assert.equal(second.choices[0].message.content, "That is done.");
});

test("the SDK's own tool loop runs to its end", async () => {
  const asked = [];
  const items = {
    type: "function",
    function: {
      name: "items",
      parameters: { type: "object", properties: {} },
      parse: JSON.parse,
      function: ({ collection }) => {
        asked.push(collection);
        return "[]";
      },
    },
  };
  const runner = client.chat.completions.runTools(question("two-reads", { stream: true, tools: [items] }));
  assert.equal(await runner.finalContent(), "That is done.");
  assert.deepEqual(asked, ["articles", "authors"]);
  assert.deepEqual((await fake.requests()).map(({ step, status }) => [step, status]), [[0, 200], [1, 200]]);
});

// Ways of writing that a correct client reads like the service's own.
for (const model of [
  "two-reads",
  "quirk-interleaved",
  "quirk-whole-calls",
  "quirk-finish-stop",
  "quirk-no-choices-first",
  "quirk-usage-final-choice",
  "quirk-usage-each-chunk",
  "quirk-usage-null",
  "quirk-usage-never",
  "quirk-no-done",
  "quirk-crlf",
  "quirk-comments",
  "quirk-no-space",
  "quirk-byte-by-byte",
  "quirk-one-write",
]) {
  test(`parallel tool calls: ${model}`, async () => {
    const { message } = (await stream(model)).choices[0];
    const calls = message.tool_calls.map((call) => JSON.parse(call.function.arguments).collection);
    assert.deepEqual(calls, ["articles", "authors"]);
    assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);
  });
}

test("reasoning, refusal, cut off by length, long event", async () => {
  let reasoning = "";
  for await (const chunk of await client.chat.completions.create(question("reasoning", { stream: true }))) {
    reasoning += chunk.choices[0]?.delta.reasoning_content ?? "";
  }
  assert.equal(reasoning, "The user greets me, so I greet back.");
  assert.equal((await stream("refusal")).choices[0].message.refusal, "I cannot help with that.");
  assert.equal((await stream("filtered")).choices[0].finish_reason, "content_filter");
  assert.equal((await stream("cut-short")).choices[0].finish_reason, "length");
  assert.equal((await stream("quirk-long-event")).choices[0].message.content.length, 64 * 1024 + 4);
});

for (const [model, Class, code] of [
  ["error-400", OpenAI.BadRequestError, null],
  ["error-401", OpenAI.AuthenticationError, "invalid_api_key"],
  ["error-429", OpenAI.RateLimitError, "rate_limit_exceeded"],
  ["error-429-quota", OpenAI.RateLimitError, "insufficient_quota"],
  ["error-500", OpenAI.InternalServerError, null],
  ["error-503", OpenAI.InternalServerError, null],
  ["error-context-length", OpenAI.BadRequestError, "context_length_exceeded"],
  ["html-502", OpenAI.InternalServerError, undefined],
]) {
  test(`the SDK's error class: ${model}`, async () => {
    const error = await failure(model);
    assert.ok(error instanceof Class, `${error?.constructor?.name}: ${error?.message}`);
    assert.equal(error.code, code);
    assert.match(error.requestID, /^req_\d+$/);
  });
}

test("a wrong key and a request without one", async () => {
  for (const defaultHeaders of [{}, { authorization: null }]) {
    const stranger = new OpenAI({ apiKey: "sk-wrong", baseURL: fake.baseUrl, maxRetries: 0, defaultHeaders });
    await assert.rejects(stranger.chat.completions.create(question("hello")), OpenAI.AuthenticationError);
  }
});

test("an unknown model", async () => {
  await assert.rejects(client.chat.completions.create(question("nowhere")), OpenAI.NotFoundError);
});

test("a history with a tool call that has no result", async () => {
  const call = { id: "call_1", type: "function", function: { name: "items", arguments: "{}" } };
  const messages = [{ role: "user", content: "Hi" }, { role: "assistant", content: null, tool_calls: [call] }];
  await assert.rejects(client.chat.completions.create(question("hello", { messages })), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.match(error.message, /did not have response messages: call_1/);
    return true;
  });
});

test("the SDK's retry is answered by the next step, after the hint", async () => {
  const hint = { answer: "error", status: 429, headers: { "retry-after-ms": "5" } };
  await fake.script("flaky", { selection: "order", steps: [hint, hint, { answer: "message", text: "Third time." }] });
  const patient = new OpenAI({ apiKey: FAKE_KEY, baseURL: fake.baseUrl, maxRetries: 2 });
  const answer = await patient.chat.completions.create({ ...question("hello"), model: "flaky" });
  assert.equal(answer.choices[0].message.content, "Third time.");
  assert.deepEqual((await fake.requests()).map(({ status }) => status), [429, 429, 200]);
});

test("an error event in mid-stream", async () => {
  for (const model of ["error-event", "error-event-first"]) {
    const error = await failure(model);
    assert.ok(error instanceof OpenAI.APIError);
    assert.match(error.message, /stumbled/);
  }
});

test("a cut in mid-stream", async () => {
  for (const model of ["cut", "cut-in-tool-call"]) {
    const error = await failure(model);
    assert.match(`${error.message} ${error.cause?.message}`, /terminated|closed|Connection error/i);
    assert.equal((await fake.ended("cut")).outcome, "cut");
  }
});

test("a malformed event", async () => {
  assert.match((await failure("malformed-event")).message, /JSON/);
});

test("a stream that ends without a finish reason, and one that never began", async () => {
  for (const model of ["ends-early", "empty-stream", "only-done"]) {
    assert.ok((await failure(model)) instanceof OpenAI.OpenAIError, model);
  }
});

test("a client that leaves is noticed", async () => {
  const controller = new AbortController();
  const running = await client.chat.completions.create(question("stall", { stream: true }), { signal: controller.signal });
  for await (const chunk of running) {
    assert.equal(chunk.object, "chat.completion.chunk");
    controller.abort();
  }
  await fake.ended("client-closed");
});

test("time-outs of the SDK before the headers", async () => {
  const hasty = new OpenAI({ apiKey: FAKE_KEY, baseURL: fake.baseUrl, maxRetries: 0, timeout: 200 });
  await assert.rejects(hasty.chat.completions.create(question("hang")), OpenAI.APIConnectionTimeoutError);
  await fake.ended("client-closed");
});

test("models are listed", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.ok(names.includes("scenario:two-reads"), String(names));
});

test("the AI SDK's provider for compatible servers reads it too", async () => {
  const provider = createOpenAICompatible({ name: "fake", baseURL: fake.baseUrl, apiKey: FAKE_KEY, includeUsage: true });
  const result = streamText({ model: provider("scenario:reasoning"), prompt: "Hi", maxRetries: 0 });
  assert.equal(await result.text, "Hello to you.");
  assert.equal(await result.reasoningText, "The user greets me, so I greet back.");
  assert.equal(await result.finishReason, "stop");
  assert.equal((await result.usage).inputTokens, 1);
});
