// Each kind of provider behind a real host, by the AI SDK's own client: what the browser gets is the
// same, whatever the provider's protocol, and what goes back to the provider is what it wants back. The
// fake refuses, as the service would, requests that lose or change reasoning, calls or results.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { Chat } from "./client.mjs";
import { FAKE_KEY, OBJECT_SCHEMA, startFake } from "./fake.mjs";
import { PEOPLE, startPalisade } from "./harness.mjs";
import { eventually } from "./process.mjs";

const KEY_HEADERS = { openai: "authorization", "openai-compatible": "authorization", anthropic: "x-api-key", google: "x-goog-api-key" };
const read = (collection) => ({ name: "items", arguments: { action: "read", collection, query: { fields: ["id"], limit: 3 } } });
const update = { name: "items", arguments: { action: "update", collection: "articles", keys: [5], data: { title: "Renamed" } } };
const words = "One two three four five six seven.";
const interrupted = (what) => ({ steps: [{ answer: "message", text: words, interruption: { after: 3, what } }] });
const SCENARIOS = {
  hello: { steps: [{ answer: "message", text: "Hello there." }] },
  "three-reads": { steps: [{ answer: "message", tool_calls: ["articles", "authors", "categories"].map(read) }, { answer: "message", text: "Three reads." }] },
  update: { steps: [{ answer: "message", tool_calls: [update] }, { answer: "message", text: "Renamed it." }] },
  thinks: {
    steps: [
      { answer: "message", reasoning: { text: "I have to look.", field: "reasoning_content" }, tool_calls: [read("articles")] },
      { answer: "message", text: "I looked." },
    ],
  },
  busy: {
    selection: "order",
    steps: [{ answer: "error", status: 429, headers: { "retry-after-ms": "20" } }, { answer: "error", status: 500 }, { answer: "message", text: "At last." }],
  },
  refused: { steps: [{ answer: "error", status: 401, message: "Wrong key sk-secret at node 10.1.2.3" }], after_last: "repeat" },
  cut: interrupted("cut"),
  "ends-early": interrupted("end"),
  "error-event": interrupted({ "error-event": { message: "sk-secret stumbled at 10.1.2.3" } }),
  html: { steps: [{ answer: "raw", content_type: "text/html", body: ["<!doctype html><h1>sk-secret</h1>"] }] },
  stall: interrupted("stall"),
  object: { steps: [{ answer: "message", object: { title: "Spring", tags: ["green"] } }] },
};
const FAILURES = ["refused", "cut", "ends-early", "error-event", "html"];

for (const kind of Object.keys(KEY_HEADERS)) {
  describe(kind, () => {
    let fake;
    let host;
    before(async () => {
      fake = await startFake();
      host = await startPalisade({ fake, kind, catalogue: false, models: Object.keys(SCENARIOS), workspace: { approvals: "writes" } });
    });
    beforeEach(async () => {
      await fake.forget();
      for (const [model, scenario] of Object.entries(SCENARIOS)) await fake.script(model, scenario);
    });
    after(async () => {
      await host?.stop();
      await fake?.stop();
    });
    const chat = (model) => new Chat({ url: host.url, token: PEOPLE.editor.token, model });

    test("text, with the key in its header and nowhere else", async () => {
      const client = chat("hello");
      await client.say("Hi");
      assert.equal(client.text, "Hello there.", client.error?.message);
      const [{ headers, body }] = await fake.requests();
      assert.ok(headers[KEY_HEADERS[kind]].endsWith(FAKE_KEY));
      assert.equal(Object.values(headers).filter((value) => value.includes(FAKE_KEY)).length, 1);
      assert.ok(!JSON.stringify(body).includes(FAKE_KEY));
      const usage = client.posts[0].chunks.at(-1);
      assert.equal(usage.type, "data-usage");
      assert.ok(usage.data.outputTokens > 0);
    });

    test("three parallel tools", async () => {
      const client = chat("three-reads");
      await client.say("What is there?");
      assert.equal(client.text, "Three reads.", client.error?.message);
      assert.deepEqual(client.tools.map(({ state }) => state), Array(3).fill("output-available"));
    });

    test("reasoning goes back where it belongs, in the next turn too", async () => {
      const client = chat("thinks");
      await client.say("Look.");
      assert.equal(client.text, "I looked.", client.error?.message);
      await client.say("Look again.");
      assert.equal(client.error, undefined);
      assert.equal((await fake.requests()).length, 4);
    });

    test("an approval, given and denied", async () => {
      for (const approved of [true, false]) {
        const client = chat("update");
        await client.say("Rename article 5.");
        const [call] = client.tools;
        assert.equal(call.state, "approval-requested", client.error?.message);
        await client.answer(call, approved);
        assert.equal(client.tools[0].state, approved ? "output-available" : "output-denied");
        assert.equal(client.text, "Renamed it.", client.error?.message);
      }
    });

    test("what is refused for a moment is asked again, and the user sees it", async () => {
      const client = chat("busy");
      await client.say("Hi");
      assert.equal(client.text, "At last.", client.error?.message);
      const retries = client.posts[0].chunks.filter(({ type }) => type === "data-retry");
      assert.deepEqual(retries.map(({ data, transient }) => [data.attempt, transient]), [[1, true], [2, true]]);
    });

    for (const model of FAILURES) {
      test(`ends with an error of our own: ${model}`, async () => {
        const client = chat(model);
        await client.say("Hi");
        assert.equal(client.status, "error");
        const { chunks, text } = client.posts[0];
        assert.equal(chunks.at(-1).type, "error");
        assert.ok(text.endsWith("data: [DONE]\n\n"));
        assert.ok(!text.includes("sk-secret") && !text.includes("10.1.2.3"), text);
      });
    }

    test("a client that goes away closes the provider's connection", async () => {
      const client = chat("stall");
      const saying = client.sendMessage({ text: "Hi" });
      await eventually(() => client.last?.role === "assistant" && client.text.includes("One"), { what: "the first words" });
      await client.stop();
      await fake.ended("client-closed");
      await saying;
    });

    /** Asks for an object of a model. */
    const object = (model) =>
      fetch(`${host.url}/ai/object`, {
        method: "POST",
        headers: { authorization: `Bearer ${PEOPLE.editor.token}`, "content-type": "application/json" },
        body: JSON.stringify({ provider: "fake", model, prompt: "Name the season.", outputSchema: OBJECT_SCHEMA }),
        signal: AbortSignal.timeout(20_000),
      });

    test("an object that fits its schema", async () => {
      const response = await object("object");
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
      assert.deepEqual(JSON.parse(text), { title: "Spring", tags: ["green"] });
    });

    test("an object that the provider refuses is an error status", async () => {
      const response = await object("refused");
      const text = await response.text();
      assert.ok(response.status >= 400, text);
      assert.ok(JSON.parse(text).errors[0].extensions.code);
      assert.ok(!text.includes("sk-secret"));
    });
  });
}
