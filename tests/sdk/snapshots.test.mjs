// The transcripts of the assistant's own tests, which `cargo test` keeps exact, against the AI SDK:
// each chunk by its schema, their order by the rules of the protocol, and the whole by its reader.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";

import { readUIMessageStream, validateUIMessages } from "ai";

import { checkOrder, checkSchema } from "./stream-rules.mjs";

const TESTS = new URL("../../plugin/tests/turn/", import.meta.url);
const FOLDERS = ["snapshots/", "providers/snapshots/", "providers/anthropic/snapshots/"].map((name) => new URL(name, TESTS));

/** What a snapshot holds behind its header. */
function contentOf(snapshot) {
  const [, content] = /^---\n[^]*?\n---\n([^]*)$/.exec(snapshot) ?? assert.fail("not a snapshot");
  return content;
}

/** Whether a snapshot is JSON as a whole: a request, which `tests/types` judges. */
function isRequest(content) {
  try {
    JSON.parse(content);
    return true;
  } catch {
    return false;
  }
}

/** The transcripts of a folder, by name. */
function transcripts(folder) {
  const snapshots = readdirSync(folder).filter((name) => name.endsWith(".snap")).sort();
  const contents = snapshots.map((name) => [name.slice(0, -".snap".length), contentOf(readFileSync(new URL(name, folder), "utf8"))]);
  return contents.filter(([, content]) => !isRequest(content));
}

/** The chunks of a transcript; the tool calls that the host was asked to authorise, by id. */
function read(content) {
  const chunks = [];
  const authorised = new Map();
  for (const line of content.trimEnd().split("\n")) {
    if (line.startsWith("{")) {
      chunks.push(JSON.parse(line));
    } else {
      assert.match(line, /^→ /, "neither a chunk nor what the assistant did");
      const [, id, name, input] = /^→ authorise (\S+) (\S+) (.*)$/.exec(line) ?? [];
      if (id) authorised.set(id, { name, input: JSON.parse(input) });
    }
  }
  assert.ok(chunks.length > 0, "no chunk at all");
  return { chunks, authorised };
}

/**
 * The assistant message that a transcript continues, if it does.
 *
 * Calls that get a result and were not begun in the transcript stand in the message that was posted,
 * with an answer of the user; their names and inputs are those that the host was asked to authorise.
 */
function postedMessage({ chunks, authorised }) {
  const begun = new Set();
  const parts = new Map();
  for (const { type, toolCallId, dynamic } of chunks) {
    if (toolCallId === undefined || begun.has(toolCallId)) continue;
    if (type.startsWith("tool-input-")) {
      begun.add(toolCallId);
    } else if (!parts.has(toolCallId)) {
      const { name, input } = authorised.get(toolCallId) ?? assert.fail(`a result of ${toolCallId}, which nobody called`);
      const kind = dynamic ? { type: "dynamic-tool", toolName: name } : { type: `tool-${name}` };
      const approval = { id: `asked-for-${toolCallId}`, approved: type !== "tool-output-denied" };
      parts.set(toolCallId, { ...kind, toolCallId, state: "approval-responded", input, approval });
    }
  }
  return parts.size > 0 ? { id: "posted", role: "assistant", parts: [{ type: "step-start" }, ...parts.values()] } : undefined;
}

/** The message that the SDK makes of the chunks. Whatever its reader objects to is thrown. */
async function fold(chunks, posted) {
  const told = chunks.filter(({ type }) => type === "error").map(({ errorText }) => errorText);
  const errors = [];
  let message;
  const stream = readUIMessageStream({
    message: structuredClone(posted),
    stream: ReadableStream.from(structuredClone(chunks)),
    onError: (error) => errors.push(error.message),
  });
  for await (const state of stream) message = state;
  assert.deepEqual(errors, told, "the AI SDK's reader objects");
  return message;
}

/** Everything that a transcript has to hold. `hostTools` are the names of tools that the host runs. */
async function judge(content, hostTools) {
  const transcript = read(content);
  const { chunks } = transcript;
  await checkSchema(chunks);
  const posted = postedMessage(transcript);
  const names = chunks.filter(({ type }) => type === "tool-input-available").map(({ toolName }) => toolName);
  checkOrder(chunks, { continued: posted, clientTools: names.filter((name) => !hostTools.has(name)) });
  const message = await fold(chunks, posted);
  // It comes back with the next question. An answer that failed before its first step has no parts.
  if (message?.parts.length > 0) await validateUIMessages({ messages: [{ ...message, id: "folded" }] });
  return message;
}

const all = FOLDERS.map((folder) => [folder, transcripts(folder)]);
// A call of a tool that the host runs is authorised in some transcript; one of the client's never is.
const hostTools = new Set(all.flatMap(([, found]) => found.flatMap(([, content]) => [...read(content).authorised.values()].map(({ name }) => name))));

for (const [folder, found] of all) {
  describe(folder.pathname.slice(TESTS.pathname.length), () => {
    test("there are transcripts", () => assert.ok(found.length > 0));
    for (const [name, content] of found) test(name, () => judge(content, hostTools));
  });
}

describe("what is refused", () => {
  const text = ["text-start", "text-delta", "text-end"].map((type) => ({ type, id: "t", ...(type === "text-delta" && { delta: "Hi" }) }));
  const good = [{ type: "start" }, { type: "start-step" }, ...text, { type: "finish-step" }, { type: "finish", finishReason: "stop" }];
  const call = { type: "tool-input-available", toolCallId: "c", toolName: "items", input: {} };
  const output = { type: "tool-output-available", toolCallId: "c", output: [] };
  const lines = (chunks) => chunks.map((chunk) => JSON.stringify(chunk)).join("\n");
  const judged = (content) => judge(content, new Set(["items"]));

  test("not what is right", async () => {
    assert.equal((await judged(lines(good))).parts.at(-1).text, "Hi");
    assert.equal((await judged(lines([{ type: "start" }, { type: "error", errorText: "no" }])))?.parts.length ?? 0, 0);
    const continued = await judged(`→ authorise c items {}\n${lines([good[0], output, ...good.slice(1)])}`);
    assert.equal(continued.parts.find(({ toolCallId }) => toolCallId === "c").state, "output-available");
    for (const name of ["retry", "context", "usage", "approval"]) {
      await judged(lines([good[0], { type: `data-${name}`, data: { any: 1 } }, ...good.slice(1)]));
    }
  });

  for (const [what, content, reason] of [
    ["an unknown key", lines([{ ...good[0], model: "x" }, ...good.slice(1)]), /not a chunk/],
    ["an unknown chunk", lines([good[0], { type: "retry" }, ...good.slice(1)]), /not a chunk/],
    ["null for what may be left out", lines([{ ...good[0], messageId: null }, ...good.slice(1)]), /not a chunk/],
    ["no end", lines(good.slice(0, -1)), /without finish/],
    ["a call that has no result", lines([good[0], good[1], call, ...good.slice(5)]), /step ends while call c/],
    ["a result of a call that nobody made", lines([good[0], output, ...good.slice(1)]), /which nobody called/],
    ["something else on a line", `${lines(good)}\nHello`, /neither a chunk/],
    ["nothing", "", /neither a chunk/],
    ["no chunk", "→ send chat/completions", /no chunk/],
  ]) {
    test(what, () => assert.rejects(judged(content), reason));
  }

  test("what the reader itself objects to", () => assert.rejects(fold([good[0], text[1]]), /the AI SDK's reader objects/));
  test("a file that isn't a snapshot", () => assert.throws(() => contentOf(lines(good)), /not a snapshot/));
});
