// Conversations in the browser's storage.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { isUnfinished, settled, withoutUnfinished } from "../../src/ui/chat/settle.ts";
import type { Message, Part } from "../../src/ui/chat/parts.ts";
import { asMarkdown, fileName } from "../../src/ui/conversations/export.ts";
import { ConversationStore, titleOf } from "../../src/ui/conversations/store.ts";
import { useStorage } from "./storage.ts";

const said = (text: string, role: "user" | "assistant" = "user"): Message => ({ id: `${role}-${text}`, role, parts: [{ type: "text", text }] });
const call = (state: string, more: object = {}): Part => ({ type: "tool-items", toolCallId: "c1", state, input: { action: "read" }, ...more }) as unknown as Part;

describe("the store", () => {
  let values: Map<string, string>;
  beforeEach(() => (values = useStorage()));

  test("keeps, lists newest first, renames, finds and deletes", () => {
    const store = new ConversationStore("ada");
    store.save("a", [said("About whales"), said("They are large.", "assistant")]);
    store.save("b", [said("About ants")]);
    assert.deepEqual(store.list.value.map(({ title }) => title), ["About ants", "About whales"]);
    store.rename("a", "  Sea  ");
    store.save("a", [said("Changed")]);
    assert.deepEqual(store.list.value.map(({ title }) => title), ["Sea", "About ants"]);
    assert.deepEqual(store.search("ANTS").map(({ id }) => id), ["b"]);
    assert.deepEqual(store.search("changed").map(({ id }) => id), ["a"]);
    assert.equal(store.search("nothing like it").length, 0);
    store.remove("a");
    assert.deepEqual(store.load("a"), []);
    assert.deepEqual(new ConversationStore("ada").list.value.map(({ id }) => id), ["b"]);
    store.removeAll();
    assert.deepEqual([...values.keys()], ["palisade.ada.conversations"]);
  });

  test("one user doesn't see another's", () => {
    new ConversationStore("ada").save("a", [said("Secret")]);
    assert.equal(new ConversationStore("bob").list.value.length, 0);
    assert.deepEqual(new ConversationStore("bob").load("a"), []);
  });

  test("nothing said is nothing kept", () => {
    const store = new ConversationStore("ada");
    store.save("a", []);
    assert.equal(store.list.value.length, 0);
  });

  test("what isn't ours in the storage is passed over", () => {
    values.set("palisade.ada.conversations", '[{"id":"x"},7,{"id":"a","title":"A","at":1}]');
    values.set("palisade.ada.conversation.a", '{"not":"a list"}');
    const store = new ConversationStore("ada");
    assert.deepEqual(store.list.value.map(({ id }) => id), ["a"]);
    assert.deepEqual(store.load("a"), []);
    values.set("palisade.ada.conversations", "{broken");
    store.reload();
    assert.deepEqual(store.list.value, []);
  });

  test("says when there is no room, and when there is again", () => {
    useStorage(3000);
    const store = new ConversationStore("ada");
    store.save("a", [said("small")]);
    store.save("b", [said("x".repeat(5000))]);
    assert.equal(store.isFull.value, true);
    assert.deepEqual(store.list.value.map(({ id }) => id), ["a"]);
    store.remove("a");
    assert.equal(store.isFull.value, false);
  });

  test("large files inside messages aren't kept", () => {
    const store = new ConversationStore("ada");
    const file: Part = { type: "file", mediaType: "image/png", url: `data:image/png;base64,${"A".repeat(100_000)}` };
    store.save("a", [{ id: "1", role: "user", parts: [file] }]);
    assert.deepEqual(store.load("a")[0]?.parts, [{ ...file, url: "" }]);
  });
});

test("a title is the beginning of the first question", () => {
  assert.equal(titleOf([said("Hi", "assistant"), said(`  one\n two ${"x".repeat(80)}`)]).length, 61);
  assert.equal(titleOf([]), "…");
});

test("a saved conversation has questions, answers and calls", () => {
  const text = asMarkdown("Sea", [said("Whales?"), { ...said("Large.", "assistant"), parts: [call("output-available", { output: [] }), { type: "text", text: "Large." }] }]);
  assert.match(text, /^# Sea\n\n## You\n\nWhales\?\n\n## Assistant\n\n- `items \{"action":"read"\} → output-available`\n\nLarge\.\n$/);
  assert.equal(fileName("Sea: 3/4?", "md"), "sea-3-4.md");
  assert.equal(fileName("///", "md"), "conversation.md");
});

describe("messages that nobody finished", () => {
  test("half a call is no call, and text is done", () => {
    const message: Message = { id: "1", role: "assistant", parts: [{ type: "text", text: "a", state: "streaming" }, call("input-streaming"), call("output-available", { output: 1 })] };
    assert.deepEqual(withoutUnfinished(message).parts.map((part) => ("state" in part ? part.state : "")), ["done", "output-available"]);
  });

  test("who writes on has not approved", () => {
    const message: Message = { id: "1", role: "assistant", parts: [call("approval-requested", { approval: { id: "a1" } }), call("input-available")] };
    const [denied, failed] = settled(message, "not answered", "not finished").parts as unknown as { state: string; approval?: object; errorText?: string }[];
    assert.deepEqual([denied?.state, denied?.approval], ["output-denied", { id: "a1", approved: false, reason: "not answered" }]);
    assert.deepEqual([failed?.state, failed?.errorText], ["output-error", "not finished"]);
  });

  test("a question without an answer, or with half of one", () => {
    assert.equal(isUnfinished(said("?")), true);
    assert.equal(isUnfinished(said("!", "assistant")), false);
    assert.equal(isUnfinished({ ...said("!", "assistant"), metadata: { interrupted: true } }), true);
    assert.equal(isUnfinished(undefined), false);
  });
});
