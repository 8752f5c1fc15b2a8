// The harness against the AI SDK's own server: a client and a checker that found fault with the
// reference would say nothing about Palisade.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { after, before, beforeEach, test } from "node:test";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { convertToModelMessages, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

import { Chat } from "./client.mjs";
import { FAKE_KEY, startFake } from "./fake.mjs";

let fake;
let server;
let url;

const tools = {
  items: tool({
    inputSchema: z.looseObject({ action: z.string() }),
    needsApproval: ({ action }) => action !== "read",
    execute: ({ collection }) => [{ id: 1, collection }],
  }),
  ask_user: tool({ inputSchema: z.looseObject({ question: z.string() }) }),
};

before(async () => {
  fake = await startFake();
  const provider = createOpenAICompatible({ name: "fake", baseURL: fake.baseUrl, apiKey: FAKE_KEY });
  server = createServer(async (request, response) => {
    const body = await json(request);
    const result = streamText({
      model: provider(body.model),
      messages: await convertToModelMessages(body.messages, { tools }),
      tools,
      stopWhen: stepCountIs(5),
      maxRetries: 0,
      onError: () => {},
    });
    const stream = result.toUIMessageStreamResponse({ originalMessages: body.messages });
    response.writeHead(stream.status, Object.fromEntries(stream.headers));
    try {
      for await (const bytes of stream.body) response.write(bytes);
      response.end();
    } catch {
      response.destroy();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}`;
});
beforeEach(() => fake.forget());
after(async () => {
  await new Promise((resolve) => server?.close(resolve));
  await fake?.stop();
});

const chat = (model) => new Chat({ url, token: "any", model: `scenario:${model}` });
const states = (client) => client.tools.map(({ state }) => state);

test("text", async () => {
  const client = chat("hello");
  await client.say("Hi");
  assert.equal(client.text, "Hello from the fake provider.");
  assert.deepEqual(client.chunkTypes, ["start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish"]);
});

test("parallel tools", async () => {
  const client = chat("two-reads");
  await client.say("What is there?");
  assert.deepEqual(states(client), ["output-available", "output-available"]);
  assert.equal(client.text, "That is done.");
});

test("an approval, given and refused", async () => {
  for (const approved of [true, false]) {
    const client = chat("update-article");
    await client.say("Rename it");
    assert.deepEqual(states(client), ["approval-requested"]);
    await client.answer(client.tools[0], approved);
    assert.deepEqual(states(client), [approved ? "output-available" : "output-denied"]);
    assert.equal(client.text, "That is done.");
    assert.equal(client.posts.length, 2);
  }
});

test("a tool that the client runs", async () => {
  const client = chat("ask-user");
  await client.say("Help me");
  await client.give(client.tools[0], { answer: "The first" });
  assert.equal(client.text, "That is done.");
});

test("an error before the stream", async () => {
  const client = chat("error-500");
  await client.say("Hi");
  assert.equal(client.status, "error");
  assert.deepEqual(client.posts[0].chunks.map(({ type }) => type), ["start", "error"]);
});

test("an answer that breaks off is found", async () => {
  const client = chat("cut");
  await assert.rejects(client.say("Hi"), /broke off/);
});

test("a client that posts for ever is found", async () => {
  const client = chat("endless-reads");
  await client.say("What is there?");
  assert.match(client.error?.message ?? "", /again and again/);
});
