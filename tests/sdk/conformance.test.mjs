// Palisade against the AI SDK's own client: every answer is folded by the SDK, each of its chunks is
// validated by the SDK's schema, and their order by the rules of the protocol.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { Chat, post, userMessage } from "./client.mjs";
import { FAKE_KEY, startFake } from "./fake.mjs";
import { PEOPLE, startPalisade } from "./harness.mjs";
import { eventually } from "./process.mjs";

let fake;
/** Every call asks. */
let careful;
/** Reads run at once; three steps in a turn. */
let quick;

before(async () => {
  fake = await startFake();
  careful = await startPalisade({ fake, models: ["scripted"] });
  quick = await startPalisade({ fake, models: ["scripted"], workspace: { approvals: "writes", max_steps: 3 } });
});
beforeEach(() => fake.forget());
afterEach((context) => {
  if (context.error) for (const host of [careful, quick]) console.error(host?.logs());
});
after(async () => {
  await quick?.stop();
  await careful?.stop();
  await fake?.stop();
});

const chat = (host, model, more = {}) =>
  new Chat({ url: host.url, token: PEOPLE.editor.token, model: model.includes(":") ? model : `scenario:${model}`, ...more });
const states = (client) => client.tools.map(({ state }) => state);
const partTypes = (client) => client.last.parts.map(({ type }) => type);

/** Tool messages that the provider got with its last request. */
async function toolMessages() {
  const { body } = (await fake.requests()).at(-1);
  return body.messages.filter(({ role }) => role === "tool").map(({ content }) => content);
}

/** Updates article 3 in a way that no other test does. */
async function scriptUpdates(...titles) {
  const tool_calls = titles.map((title, index) => ({
    name: "items",
    arguments: { action: "update", collection: "articles", keys: [3 + index], data: { title } },
  }));
  await fake.script("scripted", { steps: [{ answer: "message", tool_calls }, { answer: "message", text: "That is done." }] });
}
const scripted = (host, more) => new Chat({ url: host.url, token: PEOPLE.editor.token, model: "scripted", ...more });
const titleOf = async (host, key) => (await host.item("articles", key)).title;

describe("text", () => {
  test("a plain answer", async () => {
    const client = chat(careful, "hello");
    await client.say("Hi");
    assert.equal(client.status, "ready", client.error?.message);
    assert.equal(client.text, "Hello from the fake provider.");
    assert.deepEqual(client.chunkTypes, ["start", "start-step", "text-start", "text-delta", "text-end", "finish-step", "finish", "data-usage"]);
    assert.deepEqual(client.posts[0].chunks.at(-2), { type: "finish", finishReason: "stop" });
    const { inputTokens, outputTokens, totalTokens } = client.posts[0].chunks.at(-1).data;
    assert.equal(outputTokens, 5);
    assert.equal(totalTokens, inputTokens + outputTokens);
    assert.deepEqual(client.posts[0].message.parts, client.last.parts, "the SDK's two readers disagree");
  });

  test("after signing in with a password", async () => {
    const token = await careful.login(PEOPLE.editor);
    const client = chat(careful, "hello", { token });
    await client.say("Hi");
    assert.equal(client.text, "Hello from the fake provider.");
  });

  test("a second question sees the first answer", async () => {
    const client = chat(careful, "hello");
    await client.say("Hi");
    await client.say("And again");
    assert.equal(client.messages.length, 4);
    const { body } = (await fake.requests()).at(-1);
    const spoken = body.messages.filter(({ role }) => role !== "system" && role !== "developer").map(({ content }) => JSON.stringify(content));
    assert.ok(spoken.some((content) => content.includes("Hello from the fake provider.")), spoken.join());
  });

  test("Data Studio's body, without id, trigger and message id", async () => {
    const context = { page: { path: "/content/articles/3", collection: "articles", item: 3, module: "content" } };
    const body = { tools: ["items", "files", "folders", "flows", "trigger-flow", "operations", "collections", "fields", "relations"], toolApprovals: {}, context };
    const client = chat(careful, "hello", { body, prepare: true });
    await client.say("Hi");
    assert.deepEqual(Object.keys(client.posts[0].request).sort(), ["context", "messages", "model", "provider", "toolApprovals", "tools"]);
    assert.equal(client.text, "Hello from the fake provider.");
  });

  for (const model of ["reasoning", "reasoning-short-name"]) {
    test(`reasoning comes as reasoning: ${model}`, async () => {
      const client = chat(careful, model);
      await client.say("Hi");
      assert.deepEqual(partTypes(client).slice(0, 3), ["step-start", "reasoning", "text"]);
      assert.equal(client.last.parts[1].text, "The user greets me, so I greet back.");
      assert.equal(client.text, "Hello to you.");
    });
  }

  test("a refusal is shown", async () => {
    const client = chat(careful, "refusal");
    await client.say("Hi");
    assert.equal(client.text, "I cannot help with that.");
  });

  for (const [model, reason] of [["cut-short", "length"], ["filtered", "content-filter"]]) {
    test(`the finish reason ${reason}`, async () => {
      const client = chat(careful, model);
      await client.say("Hi");
      assert.equal(client.text, "This is as far as");
      assert.equal(client.posts[0].chunks.find(({ type }) => type === "finish").finishReason, reason);
    });
  }

  test("an event of 64 KiB", async () => {
    const client = chat(careful, "quirk-long-event");
    await client.say("Hi");
    assert.equal(client.text.length, 64 * 1024 + 4);
  });
});

describe("tools that need no approval", () => {
  test("one read", async () => {
    const client = chat(quick, "read-articles");
    await client.say("What is there?");
    assert.equal(client.status, "ready", client.error?.message);
    assert.deepEqual(partTypes(client).filter((type) => !type.startsWith("data-")), ["step-start", "tool-items", "step-start", "text"]);
    const [part] = client.tools;
    assert.equal(part.state, "output-available");
    assert.deepEqual(part.input, { action: "read", collection: "articles", query: { fields: ["id"], limit: 3 } });
    assert.match(JSON.stringify(part.output), /"id":\s*\d+/);
    assert.match((await toolMessages())[0], /"id":\s*\d+/);
    assert.equal(client.posts.length, 1);
  });

  test("text before a call stays", async () => {
    const client = chat(quick, "text-and-read");
    await client.say("What is there?");
    assert.deepEqual(partTypes(client).filter((type) => !type.startsWith("data-")), ["step-start", "text", "tool-items", "step-start", "text"]);
  });

  for (const model of [
    "two-reads",
    ...["index-zero", "index-missing", "index-zero-whole", "id-missing", "id-missing-whole", "id-each", "id-text-null", "id-same"],
    ...["whole-calls", "interleaved", "finish-stop", "null-fields", "role-repeated", "no-choices-first"],
    ...["usage-final-choice", "usage-each-chunk", "usage-null", "usage-never", "no-done", "crlf", "cr", "comments", "no-space"],
    ...["byte-by-byte", "one-write"],
  ].map((name, index) => (index ? `quirk-${name}` : name))) {
    test(`two parallel reads: ${model}`, async () => {
      const client = chat(quick, model);
      await client.say("What is there?");
      assert.equal(client.status, "ready", client.error?.message);
      assert.deepEqual(client.tools.map(({ state, input }) => [state, input.collection]), [["output-available", "articles"], ["output-available", "authors"]]);
      assert.notEqual(client.tools[0].toolCallId, client.tools[1].toolCallId);
      assert.match(client.text, /done\.$|^Two reads, grüße und 你好\.$/);
      assert.equal((await toolMessages()).length, 2);
    });
  }

  test("empty arguments are no arguments", async () => {
    const client = chat(quick, "quirk-empty-arguments");
    await client.say("What is there?");
    assert.deepEqual(states(client), ["output-available"]);
    assert.deepEqual(client.tools[0].input, {});
  });

  test("a call id that the model uses twice", async () => {
    const client = chat(quick, "reused-call-id");
    await client.say("What is there?");
    assert.deepEqual(client.tools.map(({ state, input }) => [state, input.collection]), [["output-available", "articles"], ["output-available", "authors"]]);
  });

  for (const [model, told] of [["broken-arguments", /JSON|pars/i], ["wrong-arguments", /collection/], ["unknown-tool", /launch_rocket/]]) {
    test(`the model is told what is wrong: ${model}`, async () => {
      const client = chat(quick, model);
      await client.say("What is there?");
      assert.deepEqual(states(client), ["output-error"]);
      assert.match(client.tools[0].errorText, told);
      assert.match((await toolMessages())[0], told);
      assert.equal(client.text, "That is done.");
      if (model === "unknown-tool") assert.equal(client.tools[0].type, "dynamic-tool");
    });
  }

  test("the step limit ends the turn, and the client doesn't post again", async () => {
    const client = chat(quick, "endless-reads");
    await client.say("What is there?");
    assert.equal(client.status, "ready", client.error?.message);
    assert.equal(client.posts.length, 1, "the client posted again by itself");
    assert.equal((await fake.requests()).length, 3);
    const types = partTypes(client).filter((type) => !type.startsWith("data-"));
    assert.deepEqual(types.slice(-2), ["step-start", "text"]);
  });

  test("what the reader may not do is an error of the tool, not of the turn", async () => {
    await fake.script("scripted", {
      steps: [
        { answer: "message", tool_calls: [{ name: "items", arguments: { action: "read", collection: "salaries" } }] },
        { answer: "message", text: "That is not for you." },
      ],
    });
    const client = scripted(quick, { token: PEOPLE.reader.token });
    await client.say("Show the salaries");
    assert.deepEqual(states(client), ["output-error"]);
    assert.match(client.tools[0].errorText, /permission/);
    assert.equal(client.text, "That is not for you.");
  });
});

describe("approvals", () => {
  test("approved: runs once, in the same message", async () => {
    await scriptUpdates("Approved by the editor");
    const before = await titleOf(careful, 3);
    const client = scripted(careful);
    await client.say("Rename article 3");
    assert.deepEqual(states(client), ["approval-requested"]);
    assert.equal(await titleOf(careful, 3), before, "the call ran before it was approved");
    assert.equal(client.posts[0].chunks.find(({ type }) => type === "finish").finishReason, "tool-calls");
    const { id } = client.last;

    await client.answer(client.tools[0], true);
    assert.equal(client.status, "ready", client.error?.message);
    assert.deepEqual(states(client), ["output-available"]);
    assert.equal(await titleOf(careful, 3), "Approved by the editor");
    assert.equal(client.last.id, id);
    assert.equal(client.messages.length, 2);
    assert.equal(client.text, "That is done.");
    assert.deepEqual(client.chunkTypes.slice(0, 3), ["start", "tool-output-available", "start-step"]);
    assert.equal(client.posts.length, 2);
  });

  for (const reason of [undefined, "Not that title, please."]) {
    test(`denied ${reason ? "with a reason" : "without a word"}: never runs, and the model is told`, async () => {
      await scriptUpdates("Denied by the editor");
      const before = await titleOf(careful, 3);
      const client = scripted(careful);
      await client.say("Rename article 3");
      await client.answer(client.tools[0], false, reason);
      assert.deepEqual(states(client), ["output-denied"]);
      assert.equal(await titleOf(careful, 3), before);
      assert.deepEqual(client.chunkTypes.slice(0, 3), ["start", "tool-output-denied", "start-step"]);
      assert.match((await toolMessages())[0], reason ? /Not that title, please\./ : /denied|declined/i);
      assert.equal(client.text, "That is done.");
    });
  }

  test("two at once: one approved, one denied, one post", async () => {
    await scriptUpdates("Half of it", "The other half");
    const before = await titleOf(careful, 4);
    const client = scripted(careful);
    await client.say("Rename two articles");
    assert.deepEqual(states(client), ["approval-requested", "approval-requested"]);
    const [first, second] = client.tools;
    assert.notEqual(first.approval.id, second.approval.id);
    await client.answer(first, true);
    assert.equal(client.posts.length, 1, "posted before both were answered");
    await client.answer(second, false);
    assert.deepEqual(states(client), ["output-available", "output-denied"]);
    assert.deepEqual([await titleOf(careful, 3), await titleOf(careful, 4)], ["Half of it", before]);
    assert.equal(client.posts.length, 2);
  });

  test("a read of the same step runs at once where reads need no approval", async () => {
    const client = chat(quick, "read-and-update");
    await client.say("Look and rename");
    assert.deepEqual(states(client), ["output-available", "approval-requested"]);
    await client.answer(client.tools[1], false);
    assert.deepEqual(states(client), ["output-available", "output-denied"]);
  });

  test("by default a read asks as well", async () => {
    const client = chat(careful, "read-articles");
    await client.say("What is there?");
    assert.deepEqual(states(client), ["approval-requested"]);
    await client.answer(client.tools[0], true);
    assert.deepEqual(states(client), ["output-available"]);
  });

  test("a question instead of an answer: nothing runs, and the conversation goes on", async () => {
    await scriptUpdates("Never answered");
    const before = await titleOf(careful, 3);
    const client = scripted(careful);
    await client.say("Rename article 3");
    await fake.script("scripted", { steps: [{ answer: "message", text: "Something else, then." }] });
    await client.say("What time is it?");
    assert.equal(client.status, "ready", client.error?.message);
    assert.equal(client.text, "Something else, then.");
    assert.equal((await toolMessages()).length, 1, "the provider got no result for the call");
    assert.equal(await titleOf(careful, 3), before);
  });
});

describe("tools that the client runs", () => {
  const described = {
    name: "ask_user",
    description: "Asks the user.",
    inputSchema: { type: "object", properties: { question: { type: "string" } }, required: ["question"] },
  };
  for (const [how, tool] of [["by name", "ask_user"], ["as the client describes it", described]]) {
    test(`ask_user, asked for ${how}`, async () => {
      const client = chat(careful, "ask-user", { body: { tools: ["items", "schema", tool] } });
      await client.say("Help me");
      assert.deepEqual(client.tools.map(({ type, state }) => [type, state]), [["tool-ask_user", "input-available"]]);
      assert.equal(client.posts[0].chunks.find(({ type }) => type === "finish").finishReason, "tool-calls");
      await client.give(client.tools[0], { answer: "The first" });
      assert.equal(client.text, "That is done.");
      assert.match((await toolMessages())[0], /The first/);
      assert.equal(client.posts.length, 2);
    });
  }

  test("a tool of the client's own", async () => {
    const tool = {
      name: "pick-colour",
      description: "Lets the user pick a colour.",
      inputSchema: { type: "object", properties: { palette: { type: "string" } }, required: ["palette"], additionalProperties: false },
    };
    await fake.script("scripted", {
      steps: [{ answer: "message", tool_calls: [{ name: tool.name, arguments: { palette: "warm" } }] }, { answer: "message", text: "A fine colour." }],
    });
    const client = scripted(careful, { body: { tools: ["items", tool] }, clientTools: [tool.name] });
    await client.say("I need a colour");
    assert.deepEqual(client.tools.map(({ type, state, input }) => [type, state, input]), [[`tool-${tool.name}`, "input-available", { palette: "warm" }]]);
    const offered = (await fake.requests()).at(-1).body.tools.find(({ function: { name } }) => name === tool.name);
    assert.deepEqual(offered.function.parameters.required, ["palette"]);
    await client.give(client.tools[0], "red");
    assert.equal(client.text, "A fine colour.");
    assert.deepEqual(await toolMessages(), ["red"]);
  });
});

describe("providers that fail", () => {
  /** What a provider said stays with the host: the user gets the host's own words. */
  const FOREIGN = /10\.1\.2\.3|stumbled|Incorrect API key|sk-|Bearer|<html|doctype|127\.0\.0\.1|engine is currently|8192/i;

  for (const model of [
    ...["error-400", "error-401", "error-401-echo", "error-429", "error-429-quota", "error-500", "error-503", "error-context-length"],
    ...["error-event", "error-event-first", "malformed-event", "ends-early", "cut", "cut-in-tool-call"],
    ...["empty-stream", "only-done", "html", "html-502", "redirect"],
  ]) {
    test(model, async () => {
      const client = chat(quick, model);
      await client.say("Hi");
      assert.equal(client.status, "error");
      assert.ok(client.error.message.length > 10, client.error.message);
      assert.doesNotMatch(client.posts[0].text, FOREIGN);
      assert.equal(client.posts[0].chunks.at(-1).type, "error");
      if (["cut", "error-event", "ends-early"].includes(model)) assert.equal(client.text, "One two ");
      assert.doesNotMatch(quick.logs(), new RegExp(FAKE_KEY), "the key is in the log");
    });
  }

  for (const [model, requests] of [["error-503", 3], ["error-401", 1], ["error-429-quota", 1], ["cut", 1]]) {
    test(`asks again where that may help, and never for ever: ${model}`, async () => {
      await chat(quick, model).say("Hi");
      assert.equal((await fake.requests()).length, requests);
    });
  }

  test("a conversation goes on after an error", async () => {
    const client = chat(quick, "cut");
    await client.say("Hi");
    client.clearError();
    await fake.script("scripted", { steps: [{ answer: "message", text: "Back again." }] });
    const healed = scripted(quick);
    healed.messages = client.messages;
    await healed.say("Still there?");
    assert.equal(healed.text, "Back again.");
  });

  test("a provider without a key is 503 before anything is streamed", async () => {
    const keyless = await startPalisade({ fake, kind: "openai", withoutKey: true });
    try {
      const answer = await post({ url: keyless.url, token: PEOPLE.editor.token, model: "scenario:hello", messages: [userMessage("Hi")] });
      assert.equal(answer.status, 503);
      assert.equal(JSON.parse(answer.text).errors[0].extensions.code, "SERVICE_UNAVAILABLE");
      const client = chat(keyless, "hello");
      await client.say("Hi");
      assert.equal(client.status, "error");
      assert.equal((await fake.requests()).length, 0);
    } finally {
      await keyless.stop();
    }
  });
});

describe("leaving", () => {
  test("stopping the client stops the provider", async () => {
    const client = chat(careful, "stall");
    const saying = client.sendMessage({ text: "Hi" });
    await eventually(() => client.last?.role === "assistant" && client.text.includes("One"), { what: "the first words" });
    await client.stop();
    await saying;
    const request = await fake.ended("client-closed");
    assert.equal(request.outcome, "client-closed");
  });

  test("leaving while the provider keeps silent", async () => {
    const client = chat(careful, "hang");
    const saying = client.sendMessage({ text: "Hi" });
    await fake.ended("pending");
    await client.stop();
    await saying;
    await fake.ended("client-closed");
  });
});
