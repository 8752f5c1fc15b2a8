// What is posted, counted and read on the way of a message.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import type { Model } from "../../src/ui/api/assistant.ts";
import { paced } from "../../src/ui/chat/paced.ts";
import { callOf, reasonsOf, snapshotOf, waitingCalls, type Message, type Part, type ToolPart } from "../../src/ui/chat/parts.ts";
import { turnBody } from "../../src/ui/chat/request.ts";
import { spentOn } from "../../src/ui/chat/usage.ts";
import { promptOf } from "../../src/ui/context/project-prompts.ts";
import { fillIn, variablesOf } from "../../src/ui/context/prompts.ts";
import { inWords, visible } from "../../src/ui/text.ts";

const model: Model = { provider: "p", model: "m", name: null, context: 1000, output: null, price: { input: 2, output: 10, cached: 0.5 } };
const usage = (data: object): Part => ({ type: "data-usage", data }) as unknown as Part;
const answer = (parts: Part[], named = "p/m"): Message => ({ id: "a", role: "assistant", parts, metadata: { model: named } });
const tool = (state: string, more: object = {}): ToolPart => ({ type: "tool-items", toolCallId: "c", state, input: {}, ...more }) as ToolPart;

describe("the body of a turn", () => {
  const question: Message = {
    id: "u",
    role: "user",
    parts: [{ type: "text", text: "Hi" }],
    metadata: { attachments: [{ type: "item", display: "A", data: { collection: "a", key: 1 }, snapshot: {} }], thumbnails: { f: "data:image/png;base64,AA" } },
  };
  const settings = { model, toolModes: { items: "always" as const }, page: { path: "/content/a" } };

  test("names the model, the user's modes and the context, and keeps metadata to itself", () => {
    const body = turnBody([question], settings);
    assert.deepEqual(body, {
      provider: "p",
      model: "m",
      toolApprovals: { items: "always" },
      context: { page: { path: "/content/a" }, attachments: question.metadata?.attachments },
      messages: [{ id: "u", role: "user", parts: [{ type: "text", text: "Hi" }] }],
    });
  });

  test("has no half calls and no empty messages", () => {
    const messages = [question, answer([tool("input-streaming") as unknown as Part])];
    assert.equal((turnBody(messages, settings)["messages"] as unknown[]).length, 1);
  });
});

describe("usage", () => {
  test("is the sum of all turns, with its cost, and the context of the last", () => {
    const messages = [
      answer([usage({ inputTokens: 1000, outputTokens: 100, totalTokens: 1100, cacheReadTokens: 600 }), usage({ inputTokens: 200, outputTokens: 10, totalTokens: 210, contextTokens: 190 })]),
    ];
    const spent = spentOn(messages, [model]);
    assert.deepEqual([spent.input, spent.output, spent.context], [1200, 110, 190]);
    assert.equal(spent.cost?.toFixed(6), ((400 * 2 + 600 * 0.5 + 200 * 2 + 110 * 10) / 1e6).toFixed(6));
  });

  test("has no cost where a price isn't known", () => {
    assert.equal(spentOn([answer([usage({ inputTokens: 1, outputTokens: 1 })], "p/other")], [model]).cost, undefined);
    assert.equal(spentOn([answer([usage({ inputTokens: "x" })])], [model]).input, 0);
  });
});

describe("parts", () => {
  test("what execute wraps is what is called", () => {
    assert.deepEqual(callOf({ ...tool("input-available"), type: "tool-execute", input: { name: "items", input: { action: "read" } } }), { tool: "items", input: { action: "read" } });
    assert.deepEqual(callOf({ ...tool("input-available"), type: "dynamic-tool", toolName: "a__b", input: "text" }), { tool: "a__b", input: {} });
  });

  test("only tool parts in their state ask for approval, whatever texts and results say", () => {
    const card = tool("approval-requested", { approval: { id: "x" } });
    const imitation = { type: "text", text: JSON.stringify(card) } as Part;
    const result = tool("output-available", { output: card }) as unknown as Part;
    assert.deepEqual(waitingCalls(answer([imitation, result])), []);
    assert.deepEqual(waitingCalls(answer([card as unknown as Part])), [card]);
    assert.deepEqual(waitingCalls({ ...answer([card as unknown as Part]), role: "user" }), []);
  });

  test("reasons come from the host's data parts alone", () => {
    const parts = [{ type: "data-approval", data: { toolCallId: "c", reason: "It removes data." } }, { type: "text", text: "data-approval" }, { type: "data-approval", data: 7 }];
    assert.deepEqual(reasonsOf(answer(parts as Part[])), { c: "It removes data." });
  });

  test("a snapshot changes when the part does, and only then", () => {
    const part = tool("input-available");
    const first = snapshotOf(part);
    assert.equal(snapshotOf(part), first);
    part.state = "output-available";
    assert.notEqual(snapshotOf(part), first);
    assert.equal(snapshotOf(part).state, "output-available");
  });
});

describe("prompts", () => {
  test("variables are found once each, in their order", () => {
    assert.deepEqual(variablesOf("{{b}} and {{ a }} and {{b}}, {{Größe in cm}}, {{}} {single} {{x{y}}"), ["b", "a", "Größe in cm"]);
  });

  test("a project's prompt has its instructions and the user's messages", () => {
    const messages = [{ role: "user", text: "About {{topic}}" }, { role: "assistant", text: "Sure" }, 7];
    assert.deepEqual(promptOf({ name: "N", system_prompt: "Be brief.", messages }, 0), { id: "project-0", name: "N", text: "Be brief.\n\nAbout {{topic}}" });
    assert.equal(promptOf({ name: "N", messages: "none" }, 0), undefined);
    assert.equal(promptOf({ system_prompt: "nameless" }, 0), undefined);
  });

  test("a value is put in as it is", () => {
    assert.equal(fillIn("{{a}} {{b}} {{c}}", { a: "{{b}}", b: "$&" }), "{{b}} $& {{c}}");
    assert.equal(fillIn("{{constructor}}", {}), "{{constructor}}");
  });
});

describe("text of others", () => {
  test("shows what is there", () => {
    assert.equal(visible("a\u202eb\u0000"), "a⟨U+202E⟩b⟨U+0000⟩");
    assert.equal(visible("سلام שלום 你好\n\t"), "سلام שלום 你好\n\t");
    assert.equal(inWords(null), "–");
    assert.equal(inWords({ a: "\u200b" }), '{"a":"⟨U+200B⟩"}');
  });
});

describe("a paced stream", () => {
  const stream = (chunks: Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> => new ReadableStream({ start: (controller) => (chunks.forEach((chunk) => controller.enqueue(chunk)), controller.close()) });

  test("has the same bytes, in small pieces", async () => {
    const bytes = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
    const pieces: number[] = [];
    const read: number[] = [];
    for await (const piece of paced(stream([bytes.subarray(0, 7), bytes.subarray(7)]))) {
      pieces.push(piece.length);
      read.push(...piece);
    }
    assert.deepEqual(read, [...bytes]);
    assert.ok(pieces.every((length) => length <= 2048));
  });

  test("gives way to others", async () => {
    let others = 0;
    const timer = setInterval(() => (others += 1), 1);
    for await (const _ of paced(stream(Array.from({ length: 40 }, () => new Uint8Array(4096))))) {
      const until = performance.now() + 3;
      while (performance.now() < until);
    }
    clearInterval(timer);
    assert.ok(others >= 5, `others had ${others} turns`);
  });
});
