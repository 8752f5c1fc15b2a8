import assert from "node:assert/strict";
import test from "node:test";

import { ToolError, json, run } from "../src/palisade-tool/index.js";
import { countWords } from "../src/tool.js";

const ARGUMENTS = { collection: "articles", key: 1, field: "body" };
const count = (read) => run(countWords, ARGUMENTS, { data: { read } });

test("what isn't granted isn't counted", () => {
	const denied = new ToolError("denied", "FORBIDDEN", "No.");
	assert.throws(() => count(() => { throw denied; }), denied);
});

test("words are counted", () => {
	assert.deepEqual(count(() => [{ body: "one two\nthree" }]), [json({ words: 3 })]);
});

test("items without text are errors", () => {
	for (const items of [[], [{ body: null }], [{ body: 3 }]]) {
		assert.throws(() => count(() => items), { kind: "invalid" });
	}
});
