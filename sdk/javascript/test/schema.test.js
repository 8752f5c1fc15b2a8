import assert from "node:assert/strict";
import test from "node:test";

import { check } from "../palisade-tool/schema.js";

const SCHEMA = {
	type: "object",
	properties: {
		count: { type: "integer", minimum: 1, maximum: 3 },
		ratio: { type: "number" },
		key: { type: ["string", "integer"] },
		unit: { type: "string", enum: ["box", "crate"] },
		names: { type: "array", minItems: 1, maxItems: 2, items: { type: "string", minLength: 1, pattern: "^[a-z]+$" } },
		deep: { type: "object", properties: { flag: { type: "boolean" } }, required: ["flag"], additionalProperties: false },
		free: {},
	},
	required: ["count"],
	additionalProperties: false,
};

test("what fits has no complaint", () => {
	const good = [
		{ count: 1 },
		{ count: 3, ratio: 2, key: "a", unit: "box", names: ["a", "b"], deep: { flag: true }, free: [null] },
		{ count: 2, ratio: 0.5, key: 7 },
	];
	for (const value of good) assert.equal(check(SCHEMA, value), undefined, JSON.stringify(value));
});

test("complaints name the place", () => {
	const wrong = [
		[null, "the whole is null, not an object"],
		[[], "the whole is an array, not an object"],
		[{}, "`count` is missing"],
		[{ count: "1" }, "`count` is a string, not an integer"],
		[{ count: 1.5 }, "`count` is a number, not an integer"],
		[{ count: 0 }, "`count` is below 1"],
		[{ count: 4 }, "`count` is above 3"],
		[{ count: 1, other: 1 }, "there is no `other`"],
		[{ count: 1, toString: 1 }, "there is no `toString`"],
		[{ count: 1, ["__proto__"]: 1 }, "there is no `__proto__`"],
		[{ count: 1, key: true }, "`key` is a boolean, not a string or an integer"],
		[{ count: 1, unit: "bag" }, '`unit` has to be one of "box", "crate"'],
		[{ count: 1, names: [] }, "the length of `names` is below 1"],
		[{ count: 1, names: ["a", ""] }, "`names[1]` doesn't match ^[a-z]+$"],
		[{ count: 1, deep: {} }, "`deep.flag` is missing"],
		[{ count: 1, deep: { flag: 1 } }, "`deep.flag` is an integer, not a boolean"],
	];
	for (const [value, complaint] of wrong) assert.equal(check(SCHEMA, value), complaint, JSON.stringify(value));
});

test("lengths count characters, not halves of them", () => {
	assert.equal(check({ type: "string", maxLength: 1 }, "😀"), undefined);
});
