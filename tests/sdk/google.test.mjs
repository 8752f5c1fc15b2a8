// The fake provider's Gemini protocol against the official Google SDK: what it writes must fold to the
// answer that the scenario describes, and what it takes must be what the SDK sends.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { ApiError, GoogleGenAI } from "@google/genai";

import { FAKE_KEY, OBJECT_SCHEMA, startFake } from "./fake.mjs";

let fake;
let ai;

before(async () => {
  fake = await startFake();
  ai = connect(FAKE_KEY);
});
beforeEach(() => fake.forget());
after(() => fake?.stop());

const connect = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: fake.rootUrl, apiVersion: "v1beta" } });
const declare = (name) => ({ name, parameters: { type: "OBJECT", properties: { collection: { type: "STRING" } } } });
const TOOLS = [{ functionDeclarations: [declare("items"), declare("schema")] }];
const user = (...parts) => ({ role: "user", parts });
const QUESTION = user({ text: "What is there?" });
const THOUGHTS = { thinkingConfig: { includeThoughts: true, thinkingLevel: "LOW" } };
const question = (model, { contents = [QUESTION], ...config } = {}) => ({
  model: `scenario:${model}`,
  contents,
  config: { tools: TOOLS, ...config },
});
async function chunks(model, more) {
  const seen = [];
  for await (const chunk of await ai.models.generateContentStream(question(model, more))) seen.push(chunk);
  return seen;
}
const partsOf = (seen) => seen.flatMap((chunk) => chunk.candidates?.[0].content.parts ?? []);
const textOf = (seen) => partsOf(seen).filter(({ thought }) => !thought).map(({ text }) => text ?? "").join("");
const reasonOf = (seen) => seen.at(-1).candidates[0].finishReason;
const results = (calls) => user(...calls.map(({ id, name }) => ({ functionResponse: { id, name, response: { output: [] } } })));
async function failure(model, more) {
  try {
    await chunks(model, more);
  } catch (error) {
    return error;
  }
  assert.fail(`${model} did not fail`);
}
/** Asks without the SDK, for what the SDK would not send. */
const post = (model, body, { method = "generateContent", headers = { "x-goog-api-key": FAKE_KEY }, version = "v1beta" } = {}) =>
  fetch(`${fake.rootUrl}/${version}/models/scenario:${model}:${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("text, streamed and whole, with usage and finish reason", async () => {
  const streamed = await chunks("hello");
  assert.equal(textOf(streamed), "Hello from the fake provider.");
  assert.equal(reasonOf(streamed), "STOP");
  const { promptTokenCount, candidatesTokenCount, totalTokenCount } = streamed.at(-1).usageMetadata;
  assert.deepEqual([promptTokenCount, candidatesTokenCount, totalTokenCount], [3, 5, 8]);
  const whole = await ai.models.generateContent(question("hello"));
  assert.equal(whole.text, "Hello from the fake provider.");
  assert.deepEqual(whole.usageMetadata, streamed.at(-1).usageMetadata);
  assert.equal(whole.modelVersion, "scenario:hello");
});

test("thoughts and cached tokens in usage", async () => {
  await fake.script("counted", { steps: [{ answer: "message", text: "Hi", tokens: { prompt: 100, cached: 60, completion: 9, reasoning: 4 } }] });
  const { usageMetadata } = await ai.models.generateContent({ ...question("hello"), model: "counted" });
  const { promptTokenCount, cachedContentTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount } = usageMetadata;
  assert.deepEqual([promptTokenCount, cachedContentTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount], [100, 60, 5, 4, 109]);
});

test("thoughts are shown when asked for, and signed", async () => {
  const shown = partsOf(await chunks("reasoning", THOUGHTS));
  assert.equal(shown.filter(({ thought }) => thought).map(({ text }) => text).join(""), "The user greets me, so I greet back.");
  assert.ok(shown.at(-1).thoughtSignature);
  assert.equal(partsOf(await chunks("reasoning")).some(({ thought }) => thought), false);
});

test("three parallel calls: only the first is signed, and the results come in order", async () => {
  const first = await chunks("three-reads");
  const parts = partsOf(first);
  assert.equal(reasonOf(first), "STOP");
  assert.deepEqual(parts.map(({ functionCall }) => functionCall.args.collection), ["articles", "authors", "pages"]);
  assert.deepEqual(parts.map(({ thoughtSignature }) => Boolean(thoughtSignature)), [true, false, false]);
  const calls = parts.map(({ functionCall }) => functionCall);
  const contents = (answers) => ({ contents: [QUESTION, { role: "model", parts }, answers] });
  assert.equal(textOf(await chunks("three-reads", contents(results(calls)))), "That is done.");
  assert.match((await failure("three-reads", contents(results(calls.slice(1))))).message, /number of function response parts/);
  assert.match((await failure("three-reads", contents(results([...calls].reverse())))).message, /ids of function responses/);
});

test("thought signatures come back through the SDK's chat history", async () => {
  const chat = ai.chats.create({ model: "scenario:reasoning-with-tools", config: { tools: TOOLS, ...THOUGHTS } });
  let message = "What is there?";
  for (const collection of ["articles", "authors"]) {
    const seen = [];
    for await (const chunk of await chat.sendMessageStream({ message })) seen.push(chunk);
    const [call] = seen.flatMap(({ functionCalls }) => functionCalls ?? []);
    assert.equal(call.args.collection, collection);
    message = results([call]).parts;
  }
  assert.equal((await chat.sendMessage({ message })).text, "That is done.");
  assert.deepEqual((await fake.requests()).map(({ step }) => step), [0, 1, 2]);
});

test("a signature that was dropped, changed or moved is refused", async () => {
  const [part] = partsOf(await chunks("read-articles"));
  const asking = (changed) => ({ contents: [QUESTION, { role: "model", parts: [changed] }, results([changed.functionCall])] });
  const { thoughtSignature, ...unsigned } = part;
  const missing = await failure("read-articles", asking(unsigned));
  assert.ok(missing instanceof ApiError);
  assert.equal(missing.status, 400);
  assert.match(missing.message, /Function call is missing a thought_signature/);
  const changed = `${thoughtSignature.slice(0, -4)}AAAA`;
  assert.match((await failure("read-articles", asking({ ...part, thoughtSignature: changed }))).message, /signature is not valid/);
  const other = { ...part, functionCall: { ...part.functionCall, name: "schema" } };
  assert.match((await failure("read-articles", asking(other))).message, /signature is not valid/);
  const foreign = Buffer.from("skip_thought_signature_validator").toString();
  assert.equal(textOf(await chunks("read-articles", asking({ ...part, thoughtSignature: foreign }))), "That is done.");
  // A turn that is over needs none.
  const over = [...asking(unsigned).contents, { role: "model", parts: [{ text: "Done." }] }, QUESTION];
  assert.ok(await chunks("hello", { contents: over }));
});

test("blocked, filtered, cut off by length, malformed calls", async () => {
  const [blocked] = await chunks("refusal");
  assert.equal(blocked.candidates, undefined);
  assert.deepEqual([blocked.promptFeedback.blockReason, blocked.promptFeedback.blockReasonMessage], ["PROHIBITED_CONTENT", "I cannot help with that."]);
  assert.equal(reasonOf(await chunks("filtered")), "SAFETY");
  assert.equal(reasonOf(await chunks("cut-short")), "MAX_TOKENS");
  assert.equal(reasonOf(await chunks("failed")), "MALFORMED_RESPONSE");
  assert.equal(reasonOf(await chunks("broken-arguments")), "MALFORMED_FUNCTION_CALL");
});

test("structured output, by a schema and by a function, and only where it is asked for", async () => {
  const asked = { tools: undefined, responseMimeType: "application/json", responseJsonSchema: OBJECT_SCHEMA };
  assert.deepEqual(JSON.parse(textOf(await chunks("object", asked))), { title: "Harbour reopens", tags: ["harbour", "city"] });
  assert.deepEqual(JSON.parse(textOf(await chunks("object-invalid", asked))), { title: 7 });
  const toolConfig = { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["schema"] } };
  const [{ functionCall }] = partsOf(await chunks("object", { toolConfig }));
  assert.deepEqual([functionCall.name, functionCall.args.title], ["schema", "Harbour reopens"]);
  assert.match((await failure("object")).message, /doesn't ask for/);
  assert.match((await failure("object", { ...asked, responseMimeType: undefined })).message, /only allowed with response mime type/);
});

test("files: uploaded, named in a question, deleted", async () => {
  const file = new Blob(["A harbour report."], { type: "application/pdf" });
  const stored = await ai.files.upload({ file, config: { displayName: "report.pdf" } });
  assert.deepEqual([stored.displayName, stored.sizeBytes, stored.mimeType, stored.state], ["report.pdf", "17", "application/pdf", "ACTIVE"]);
  assert.equal(Date.parse(stored.expirationTime) - Date.parse(stored.createTime), 48 * 3_600_000);
  const contents = [user({ fileData: { mimeType: stored.mimeType, fileUri: stored.uri } }, { text: "Read it." })];
  assert.equal(textOf(await chunks("files", { contents })), "I see report.pdf (application/pdf, 17 bytes)");
  assert.equal((await ai.files.get({ name: stored.name })).uri, stored.uri);
  await ai.files.delete({ name: stored.name });
  assert.deepEqual((await fake.files()).map(({ service, bytes, deleted }) => [service, bytes, deleted]), [["google", 17, true]]);
  await assert.rejects(ai.files.get({ name: stored.name }), (error) => error.status === 403);
  assert.equal((await failure("files", { contents })).status, 403);
});

test("a video is in processing first", async () => {
  const { name, state } = await ai.files.upload({ file: new Blob(["film"], { type: "video/mp4" }) });
  const states = [state, (await ai.files.get({ name })).state, (await ai.files.get({ name })).state];
  assert.deepEqual(states, ["PROCESSING", "PROCESSING", "ACTIVE"]);
});

for (const [model, status, kind] of [
  ["error-400", 400, "INVALID_ARGUMENT"],
  ["error-401", 401, "UNAUTHENTICATED"],
  ["error-429", 429, "RESOURCE_EXHAUSTED"],
  ["error-500", 500, "INTERNAL"],
  ["error-503", 503, "UNAVAILABLE"],
  ["error-context-length", 400, "INVALID_ARGUMENT"],
]) {
  test(`the SDK's error: ${model}`, async () => {
    const error = await failure(model);
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.status, status);
    assert.equal(JSON.parse(error.message).error.status, kind);
  });
}

test("the wait of a 429 is in the body, not in a header", async () => {
  const response = await post("error-429", { contents: [QUESTION] });
  assert.equal(response.headers.get("retry-after"), null);
  const { error } = await response.json();
  assert.equal(error.details.find((detail) => detail["@type"].endsWith("RetryInfo")).retryDelay, "1s");
});

test("keys: wrong, missing, and in the address", async () => {
  const { error } = await (await post("hello", { contents: [QUESTION] }, { headers: { "x-goog-api-key": "wrong" } })).json();
  assert.deepEqual([error.code, error.status, error.details[0].reason], [400, "INVALID_ARGUMENT", "API_KEY_INVALID"]);
  assert.equal((await post("hello", { contents: [QUESTION] }, { headers: {} })).status, 403);
  assert.equal((await post("hello", { contents: [QUESTION] }, { method: `generateContent?key=${FAKE_KEY}` })).status, 400);
});

const parameters = (schema) => ({ contents: [QUESTION], tools: [{ functionDeclarations: [{ name: "items", parameters: schema }] }] });
const text = { type: "STRING" };
for (const [name, body, message] of [
  ["no contents", {}, /contents is not specified/],
  ["unknown field", { contents: [QUESTION], messages: [] }, /Unknown name "messages": Cannot find field/],
  ["role", { contents: [{ role: "assistant", parts: [{ text: "Hi" }] }] }, /valid role: user, model/],
  ["no parts", { contents: [user()] }, /must not be empty/],
  ["empty part", { contents: [user({})] }, /required oneof field 'data'/],
  ["both thinking settings", { contents: [QUESTION], generationConfig: { thinkingConfig: { thinkingBudget: 1, thinkingLevel: "LOW" } } }, /only one of thinking budget and thinking level/],
  ["additionalProperties", parameters({ type: "OBJECT", properties: { a: text }, additionalProperties: false }), /Unknown name "additionalProperties" at 'tools\[0\]/],
  ["$schema inside", parameters({ type: "OBJECT", properties: { a: { ...text, $schema: "x" } } }), /Unknown name "\$schema" at .*properties\[a\]/],
  ["empty object", parameters({ type: "OBJECT", properties: {} }), /should be non-empty for OBJECT type/],
  ["array without items", parameters({ type: "OBJECT", properties: { a: { type: "ARRAY" } } }), /items: missing field/],
  ["required but unknown", parameters({ type: "OBJECT", properties: { a: text }, required: ["b"] }), /property is not defined/],
  ["enum of numbers", parameters({ type: "OBJECT", properties: { a: { type: "INTEGER", enum: [1] } } }), /only allowed for STRING/],
  ["function name", { contents: [QUESTION], tools: [{ functionDeclarations: [{ name: "1x" }] }] }, /Invalid function name/],
  ["response first", { contents: [user({ functionResponse: { name: "a", response: {} } })] }, /immediately after a function call turn/],
  ["response as text", { contents: [user({ functionResponse: { name: "a", response: "[]" } })] }, /Invalid value/],
  ["call of the user", { contents: [user({ functionCall: { name: "a", args: {} } })] }, /hold no functionCall/],
]) {
  test(`refused: ${name}`, async () => {
    const response = await post("hello", body);
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code, error.status], [400, 400, "INVALID_ARGUMENT"]);
    assert.match(error.message, message);
  });
}

test("a stream without alt=sse is an array, and both versions answer", async () => {
  const array = await (await post("hello", { contents: [QUESTION] }, { method: "streamGenerateContent", version: "v1" })).json();
  assert.equal(textOf(array), "Hello from the fake provider.");
});

test("an error event, a cut", async () => {
  assert.match((await failure("error-event")).message, /stumbled/);
  assert.match(String((await failure("cut")).cause ?? (await failure("cut"))), /terminated|closed/i);
});
