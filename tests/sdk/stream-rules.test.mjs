// The checker itself: what it takes and what it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createUIMessageStream, createUIMessageStreamResponse } from "ai";

import { checkBody, checkOrder, parseBody } from "./stream-rules.mjs";

const start = { type: "start" };
const step = { type: "start-step" };
const endStep = { type: "finish-step" };
const finish = { type: "finish", finishReason: "stop" };
const text = [
  { type: "text-start", id: "t" },
  { type: "text-delta", id: "t", delta: "Hi" },
  { type: "text-end", id: "t" },
];
const input = (toolCallId, more) => ({ type: "tool-input-available", toolCallId, toolName: "items", input: {}, ...more });
const begin = (toolCallId, more) => ({ type: "tool-input-start", toolCallId, toolName: "items", ...more });
const output = (toolCallId, more) => ({ type: "tool-output-available", toolCallId, output: [], ...more });
const ask = (toolCallId) => ({ type: "tool-approval-request", toolCallId, approvalId: "a" });
const posted = (state) => ({ id: "m", role: "assistant", parts: [{ type: "tool-items", toolCallId: "c", state }] });

const body = (...chunks) => chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("") + "data: [DONE]\n\n";

for (const [name, chunks, context] of [
  ["plain text", [start, step, ...text, endStep, finish]],
  ["usage after the end", [start, step, ...text, endStep, finish, { type: "data-usage", data: { inputTokens: 1 } }]],
  ["parallel calls", [start, step, begin("c"), input("c"), begin("d"), input("d"), output("d"), output("c"), endStep, step, ...text, endStep, finish]],
  ["an approval that waits", [start, step, input("c"), ask("c"), endStep, finish]],
  ["a continuation", [start, output("c"), step, ...text, endStep, finish], { continued: posted("approval-responded") }],
  ["a posted call that has to be approved again", [start, ask("c"), finish], { continued: posted("approval-responded") }],
  ["a denial", [start, { type: "tool-output-denied", toolCallId: "c" }, step, ...text, endStep, finish], { continued: posted("approval-responded") }],
  ["a tool of the client", [start, step, input("c"), endStep, finish], { clientTools: ["items"] }],
  ["an error before any step", [start, { type: "error", errorText: "no" }]],
  ["an error within a text", [start, step, text[0], { type: "error", errorText: "no" }]],
]) {
  test(`taken: ${name}`, () => checkBody(body(...chunks), context));
}

for (const [name, chunks, reason, context] of [
  ["no start", [step, ...text, endStep, finish], /not start/],
  ["two starts", [start, start, step, endStep, finish], /two/],
  ["no end", [start, step, ...text, endStep], /without finish/],
  ["text outside a step", [start, ...text, finish], /outside a step/],
  ["text without a beginning", [start, step, text[1], endStep, finish], /isn't open/],
  ["text without an end", [start, step, text[0], endStep, finish], /open/],
  ["a step within a step", [start, step, step, endStep, finish], /step within/],
  ["finish within a step", [start, step, ...text, finish], /finish within/],
  ["text after finish", [start, step, endStep, finish, text[0]], /follows finish/],
  ["something after an error", [start, { type: "error", errorText: "no" }, finish], /follows an error/],
  ["a call without a result", [start, step, input("c"), endStep, finish], /step ends while call c/],
  ["a result after its step", [start, step, input("c"), ask("c"), endStep, output("c"), finish], /becomes/],
  ["a result of nobody", [start, step, output("c"), endStep, finish], /nobody knows/],
  ["a result twice", [start, step, input("c"), output("c"), output("c"), endStep, finish], /becomes/],
  ["an id twice", [start, step, begin("c"), input("c"), output("c"), endStep, step, begin("c"), endStep, finish], /used before/],
  ["a posted id again", [start, step, begin("c"), endStep, finish], /used before/, { continued: posted("output-available") }],
  ["a name that changes", [start, step, begin("c"), input("c", { toolName: "schema" }), output("c"), endStep, finish], /name changes/],
  ["a flag that changes", [start, step, begin("c"), input("c", { dynamic: true }), output("c"), endStep, finish], /dynamic/],
  ["a posted result within a step", [start, step, output("c"), endStep, finish], /within a step/, { continued: posted("approval-responded") }],
  ["a result for a call nobody answered", [start, output("c"), finish], /becomes/, { continued: posted("approval-requested") }],
  ["an approval of a posted call within a step", [start, step, ask("c"), endStep, finish], /outside the step/, { continued: posted("approval-responded") }],
  ["an approval of a posted call that ran", [start, ask("c"), finish], /cannot have one/, { continued: posted("output-available") }],
  ["a message that is renamed", [{ ...start, messageId: "x" }, step, endStep, finish], /renames/, { continued: posted("output-available") }],
  ["an unknown key", [{ ...start, model: "x" }, step, endStep, finish], /not a chunk/],
  ["null for what may be left out", [{ ...start, messageId: null }, step, endStep, finish], /not a chunk/],
]) {
  test(`refused: ${name}`, () => assert.rejects(checkBody(body(...chunks), context), reason));
}

for (const [name, text, reason] of [
  ["no [DONE]", 'data: {"type":"start"}\n\n', /\[DONE\]/],
  ["[DONE] too early", 'data: [DONE]\n\ndata: [DONE]\n\n', /before the end/],
  ["half an event", 'data: {"type":"start"}\n', /within an event/],
  ["two data lines", 'data: {"type":\ndata: "start"}\n\ndata: [DONE]\n\n', /one data line/],
  ["an event name", 'event: x\ndata: {}\n\ndata: [DONE]\n\n', /one data line/],
  ["carriage returns", 'data: {"type":"start"}\r\n\ndata: [DONE]\n\n', /one data line/],
  ["nothing", "", /within an event/],
]) {
  test(`refused framing: ${name}`, () => assert.throws(() => parseBody(text), reason));
}

test("comments between events are no chunks", () => {
  assert.deepEqual(parseBody(': ping\n\ndata: {"type":"start"}\n\n: ping\n\ndata: [DONE]\n\n'), [start]);
});

test("what the AI SDK itself writes is taken", async () => {
  const stream = createUIMessageStream({
    execute: ({ writer }) => {
      for (const chunk of [step, ...text, endStep, finish]) writer.write(chunk);
    },
  });
  const chunks = parseBody(await createUIMessageStreamResponse({ stream }).text());
  checkOrder([start, ...chunks]);
});
