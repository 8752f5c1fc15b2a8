// Cutting markdown into blocks while it grows.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { BlockReader, type Block } from "../../src/ui/markdown/blocks.ts";

const whole = (text: string): readonly Block[] => new BlockReader().read(text, true);
const shapes = (text: string): string[] => whole(text).map(({ kind, text: content, language }) => `${kind}${language && `:${language}`} ${content.trim()}`);

describe("blocks", () => {
  test("paragraphs, code and what is between", () => {
    assert.deepEqual(shapes("One\ntwo\n\n```js\nlet a;\n\nlet b;\n```\nafter"), ["text One\ntwo", "code:js let a;\n\nlet b;", "text after"]);
  });

  test("a fence ends a paragraph without a blank line", () => {
    assert.deepEqual(shapes("Look:\n~~~\na\n~~~"), ["text Look:", "code a"]);
  });

  test("a longer fence holds a shorter one", () => {
    assert.deepEqual(shapes("````md\n```\na\n```\n````"), ["code:md ```\na\n```"]);
  });

  test("a list with blank lines is one block", () => {
    assert.equal(whole("1. a\n\n2. b\n\n   more of b\n\n3. c").length, 1);
  });

  test("code in a list doesn't end it", () => {
    assert.equal(whole("- a\n\n  ```sh\n  x\n\n  y\n  ```\n\n- b").length, 1);
  });

  test("a list ends where text begins", () => {
    assert.deepEqual(shapes("- a\n- b\n\nText"), ["text - a\n- b", "text Text"]);
  });

  test("an unfinished fence is code already", () => {
    assert.deepEqual(new BlockReader().read("```py\nx = 1", false), [{ kind: "code", language: "py", text: "x = 1" }]);
  });

  test("nothing is lost and nothing is twice", () => {
    const text = "# A\n\ntext **b**\n\n- one\n- two\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend";
    const joined = whole(text).map(({ text: content }) => content.replace(/\s/g, "")).join("");
    assert.equal(joined, text.replaceAll("```", "").replace(/\s/g, ""));
  });
});

describe("growing", () => {
  const text = "# Title\n\nA paragraph\nof two lines.\n\n1. one\n\n2. two\n\n```ts\nconst a = 1;\n\nconst b = 2;\n```\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end.";

  test("comes to the same as all at once, whatever the pieces", () => {
    for (const size of [1, 2, 3, 7, 19]) {
      const reader = new BlockReader();
      let last: readonly Block[] = [];
      for (let at = size; at < text.length + size; at += size) last = [...reader.read(text.slice(0, at), at >= text.length)];
      assert.deepEqual(last, whole(text), `in pieces of ${size}`);
    }
  });

  test("a finished block stays the same object", () => {
    const reader = new BlockReader();
    const first = reader.read("One\n\nTwo", false)[0];
    assert.equal(reader.read("One\n\nTwo and more\n\nThree", false)[0], first);
  });

  test("another text begins anew", () => {
    const reader = new BlockReader();
    reader.read("One\n\nTwo", false);
    assert.deepEqual(reader.read("Other", true).map(({ text: content }) => content), ["Other"]);
  });
});

describe("length", () => {
  test("a line of a megabyte is cut", () => {
    const blocks = whole("x".repeat(1_000_000));
    assert.ok(blocks.length > 50 && blocks.every(({ text }) => text.length <= 12_100));
    assert.equal(blocks.reduce((sum, { text }) => sum + text.length, 0), 1_000_000);
  });

  test("no character is cut in two", () => {
    assert.ok(whole("😀".repeat(20_000)).every(({ text }) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text)));
  });

  test("the rest of a long table keeps its head", () => {
    const head = "| a | b |\n|---|---|\n";
    const blocks = whole(head + "| 1 | 2 |\n".repeat(4000));
    assert.ok(blocks.length > 2);
    for (const { text } of blocks) assert.ok(text.startsWith(head), text.slice(0, 40));
  });

  test("of a long answer no block is made twice", () => {
    const text = "Some words of an answer that goes on.\n\n".repeat(2000);
    const reader = new BlockReader();
    const made = new Set<Block>();
    for (let at = 0; at <= text.length; at += 997) for (const block of reader.read(text.slice(0, at), false)) made.add(block);
    // One for each that is finished, and one for each time that text came.
    assert.ok(made.size <= 2000 + text.length / 997 + 1, `${made.size} blocks were made`);
  });
});
