// The fake provider's Responses protocol against the official OpenAI SDK: what it writes must fold to the
// answer that the scenario describes, and what it takes must be what the SDK sends.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import OpenAI, { toFile } from "openai";

import { FAKE_KEY, OBJECT_SCHEMA, startFake } from "./fake.mjs";

let fake;
let client;

before(async () => {
  fake = await startFake();
  client = new OpenAI({ apiKey: FAKE_KEY, baseURL: fake.baseUrl, maxRetries: 0, timeout: 20_000 });
});
beforeEach(() => fake.forget());
after(() => fake?.stop());

const tool = (name) => ({ type: "function", name, strict: false, parameters: { type: "object", properties: {} } });
const QUESTION = { role: "user", content: "What is there?" };
const question = (model, more = {}) => ({
  model: `scenario:${model}`,
  store: false,
  include: ["reasoning.encrypted_content"],
  reasoning: { effort: "low", summary: "auto" },
  input: [QUESTION],
  tools: [tool("items"), tool("schema")],
  ...more,
});
const stream = (model, more) => client.responses.stream(question(model, more)).finalResponse();
const without = (object, ...keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
/** The raw events of an answer. */
async function events(model, more) {
  const seen = [];
  for await (const event of await client.responses.create(question(model, { stream: true, ...more }))) seen.push(event);
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
/** What the SDK's own types call an input item, without what its parser adds. */
const asInput = (item) => without(item, "parsed", "parsed_arguments", "status");
const results = (calls) => calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "[]" }));
const callsOf = (response) => response.output.filter(({ type }) => type === "function_call");

test("text, streamed and whole, with usage", async () => {
  const streamed = await stream("hello");
  assert.equal(streamed.output_text, "Hello from the fake provider.");
  assert.equal(streamed.status, "completed");
  assert.deepEqual([streamed.usage.input_tokens, streamed.usage.output_tokens, streamed.usage.total_tokens], [3, 5, 8]);
  const whole = await client.responses.create(question("hello"));
  assert.equal(whole.output_text, streamed.output_text);
  assert.deepEqual(whole.usage, streamed.usage);
});

test("every event, in order, with its sequence number", async () => {
  const seen = await events("reasoning");
  assert.deepEqual(seen.map(({ sequence_number }) => sequence_number), seen.map((_, index) => index));
  const kinds = seen.map(({ type }) => type.replace("response.", "")).filter((type, index, all) => type !== all[index - 1]);
  assert.deepEqual(kinds, [
    "created",
    "in_progress",
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "completed",
  ]);
  const [added, done] = ["added", "done"].map((kind) => seen.find(({ type }) => type === `response.output_item.${kind}`).item);
  assert.ok(done.encrypted_content.length > added.encrypted_content.length);
});

test("padding of deltas is left out when the request says so", async () => {
  const padded = (seen) => seen.some(({ obfuscation }) => obfuscation);
  assert.equal(padded(await events("hello")), true);
  assert.equal(padded(await events("hello", { stream_options: { include_obfuscation: false } })), false);
});

test("three parallel calls, and their results in the next request", async () => {
  const first = await stream("three-reads");
  const calls = callsOf(first);
  assert.deepEqual(calls.map((call) => JSON.parse(call.arguments).collection), ["articles", "authors", "pages"]);
  assert.equal(new Set(calls.map(({ call_id }) => call_id)).size, 3);
  const second = await stream("three-reads", { input: [QUESTION, ...calls.map(asInput), ...results(calls)] });
  assert.equal(second.output_text, "That is done.");
  assert.deepEqual((await fake.requests()).map(({ step }) => step), [0, 1]);
});

test("reasoning comes back with the calls that it led to", async () => {
  const input = [QUESTION];
  for (const collection of ["articles", "authors"]) {
    const response = await stream("reasoning-with-tools", { input });
    const [reasoning, call] = response.output;
    assert.equal(reasoning.type, "reasoning");
    assert.match(reasoning.summary[0].text, new RegExp(collection));
    assert.equal(JSON.parse(call.arguments).collection, collection);
    input.push(asInput(reasoning), asInput(call), ...results([call]));
  }
  assert.equal((await stream("reasoning-with-tools", { input })).output_text, "That is done.");
});

test("reasoning that was dropped, moved or changed is refused", async () => {
  const [reasoning, call] = (await stream("reasoning-with-tools")).output.map(asInput);
  const result = results([call]);
  for (const [name, items, Class, message] of [
    ["dropped", [call, ...result], OpenAI.BadRequestError, /without its required 'reasoning' item: 'rs_\d+r'/],
    ["alone", [reasoning], OpenAI.BadRequestError, /without its required following item/],
    ["behind", [call, ...result, reasoning], OpenAI.BadRequestError, /without its required/],
    ["without its content", [without(reasoning, "encrypted_content"), call, ...result], OpenAI.NotFoundError, /not persisted when `store` is set to false/],
    ["changed", [{ ...reasoning, encrypted_content: `${reasoning.encrypted_content}A` }, call, ...result], OpenAI.BadRequestError, /could not be verified/],
    ["of another item", [{ ...reasoning, id: "rs_99r" }, call, ...result], OpenAI.BadRequestError, /could not be verified/],
    ["by reference", [{ type: "item_reference", id: reasoning.id }, call, ...result], OpenAI.NotFoundError, /not persisted/],
  ]) {
    const error = await failure("reasoning-with-tools", { input: [QUESTION, ...items] });
    assert.ok(error instanceof Class, `${name}: ${error}`);
    assert.match(error.message, message, name);
  }
});

test("reasoning without a summary where none is asked for, and only with content that can come back", async () => {
  const plain = await stream("reasoning", { reasoning: { effort: "low" } });
  assert.deepEqual(plain.output[0].summary, []);
  const kept = await stream("reasoning", { store: true, include: [] });
  assert.equal(kept.output[0].encrypted_content, undefined);
});

test("calls and results must belong to each other", async () => {
  const call = { type: "function_call", call_id: "call_1", name: "items", arguments: "{}" };
  const result = { type: "function_call_output", call_id: "call_1", output: "[]" };
  for (const [items, message] of [
    [[call], /No tool output found for function call call_1/],
    [[result], /No tool call found for function call output with call_id call_1/],
    [[call, call, result], /Duplicate function call/],
    [[{ ...call, call_id: "c".repeat(65) }], /maximum length 64/],
    [[{ ...call, name: "items.read" }, result], /does not match pattern/],
    [[{ ...call, id: "item_1" }, result], /begins with 'fc'/],
    [[{ ...call, arguments: {} }, result], /expected a string/],
  ]) {
    const error = await failure("hello", { input: [QUESTION, ...items] });
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.match(error.message, message);
  }
});

test("refusal, cut off by length, filtered, failed", async () => {
  const refused = await stream("refusal");
  assert.deepEqual(refused.output[0].content.map(({ type, refusal }) => [type, refusal]), [["refusal", "I cannot help with that."]]);
  for (const [model, reason] of [["cut-short", "max_output_tokens"], ["filtered", "content_filter"]]) {
    const cut = (await events(model)).at(-1);
    assert.equal(cut.type, "response.incomplete");
    assert.equal(cut.response.incomplete_details.reason, reason);
    assert.equal(cut.response.output[0].status, "incomplete");
  }
  const failed = (await events("failed")).at(-1);
  assert.equal(failed.type, "response.failed");
  assert.equal(failed.response.error.code, "server_error");
});

test("structured output, by a schema and by a tool, and only where it is asked for", async () => {
  const text = { format: { type: "json_schema", name: "article", strict: true, schema: OBJECT_SCHEMA } };
  const answer = await stream("object", { text, tools: [] });
  assert.deepEqual(JSON.parse(answer.output_text), { title: "Harbour reopens", tags: ["harbour", "city"] });
  assert.deepEqual(answer.output_parsed, JSON.parse(answer.output_text));
  assert.deepEqual(JSON.parse((await stream("object-invalid", { text, tools: [] })).output_text), { title: 7 });

  const forced = await stream("object", { tools: [tool("answer")], tool_choice: { type: "function", name: "answer" } });
  assert.equal(callsOf(forced)[0].name, "answer");
  assert.equal(JSON.parse(callsOf(forced)[0].arguments).title, "Harbour reopens");

  assert.equal((await failure("object")).code, "script_object_unasked");
  const open = { format: { ...text.format, schema: without(OBJECT_SCHEMA, "additionalProperties") } };
  assert.match((await failure("object", { text: open, tools: [] })).message, /'additionalProperties' is required/);
});

test("files: uploaded, named in a question, deleted", async () => {
  const file = await toFile(Buffer.from("A harbour report."), "report.pdf", { type: "application/pdf" });
  const stored = await client.files.create({ file, purpose: "user_data", expires_after: { anchor: "created_at", seconds: 3600 } });
  assert.deepEqual([stored.filename, stored.bytes, stored.purpose], ["report.pdf", 17, "user_data"]);
  assert.equal(stored.expires_at, stored.created_at + 3600);
  const input = [{ role: "user", content: [{ type: "input_file", file_id: stored.id }, { type: "input_text", text: "Read it." }] }];
  assert.equal((await stream("files", { input })).output_text, "I see report.pdf (application/pdf, 17 bytes)");
  assert.equal((await client.files.retrieve(stored.id)).id, stored.id);
  assert.deepEqual(await client.files.delete(stored.id), { object: "file", id: stored.id, deleted: true });
  assert.deepEqual((await fake.files()).map(({ service, bytes, deleted }) => [service, bytes, deleted]), [["openai", 17, true]]);
  await assert.rejects(client.files.delete(stored.id), OpenAI.NotFoundError);
  assert.match((await failure("files", { input })).message, /were not found/);
  await assert.rejects(client.files.create({ file, purpose: "homework" }), OpenAI.BadRequestError);
});

for (const [model, Class, code] of [
  ["error-400", OpenAI.BadRequestError, null],
  ["error-401", OpenAI.AuthenticationError, "invalid_api_key"],
  ["error-429", OpenAI.RateLimitError, "rate_limit_exceeded"],
  ["error-500", OpenAI.InternalServerError, null],
  ["error-529", OpenAI.InternalServerError, null],
  ["error-context-length", OpenAI.BadRequestError, "context_length_exceeded"],
]) {
  test(`the SDK's error class: ${model}`, async () => {
    const error = await failure(model);
    assert.ok(error instanceof Class, `${error?.constructor?.name}: ${error?.message}`);
    assert.equal(error.code, code);
    assert.match(error.requestID, /^req_\d+$/);
  });
}

test("a wrong key, an unknown model, an unknown parameter, sampling on a reasoning model", async () => {
  const stranger = new OpenAI({ apiKey: "sk-wrong", baseURL: fake.baseUrl, maxRetries: 0 });
  await assert.rejects(stranger.responses.create(question("hello")), OpenAI.AuthenticationError);
  await assert.rejects(client.responses.create(question("nowhere")), OpenAI.NotFoundError);
  await assert.rejects(client.responses.create(question("hello", { max_tokens: 100 })), /Unknown parameter: 'max_tokens'/);
  await fake.script("thinker", { reasoning_model: true, steps: [{ answer: "message", text: "Hi" }] });
  const warm = { ...question("hello", { temperature: 0.5 }), model: "thinker" };
  await assert.rejects(client.responses.create(warm), /'temperature' is not supported with this model/);
});

test("an error event, a cut, a malformed event, an early end", async () => {
  assert.match((await failure("error-event")).message, /stumbled/);
  assert.match(String((await failure("cut")).cause ?? (await failure("cut"))), /terminated|closed|Connection error/i);
  assert.match((await failure("malformed-event")).message, /JSON/);
  // The SDK takes an early end for one in good order; what it has then says that it isn't.
  const early = await stream("ends-early");
  assert.deepEqual([early.status, early.output_text], ["in_progress", "One two three "]);
});
