import assert from "node:assert/strict";
import test from "node:test";

import { slugOf, untaken } from "../src/slug.js";

test("umlauts are spelt out and accents fall off", () => {
	assert.equal(slugOf("Größere Häuser für Özgür"), "groessere-haeuser-fuer-oezguer");
	assert.equal(slugOf("Crème brûlée à São Tomé"), "creme-brulee-a-sao-tome");
	assert.equal(slugOf("Łódź & Århus @ Øresund"), "lodz-and-arhus-at-oresund");
	assert.equal(slugOf("Gro\u0308ße"), "groesse", "an accent of its own counts as well");
	assert.equal(slugOf("ﬁne ½ №"), "fine-1-2-no");
});

test("whatever isn't a letter or digit is one hyphen, and none at the ends", () => {
	assert.equal(slugOf("  --Hello,   World!? "), "hello-world");
	assert.equal(slugOf("It's 5 o’clock"), "its-5-oclock");
	assert.equal(slugOf("a/../b?c=d#e"), "a-b-c-d-e");
});

test("a title without such letters has no slug", () => {
	for (const title of ["", "???", "日本語", "🙂"]) assert.equal(slugOf(title), "", title);
});

test("long slugs end with a whole word", () => {
	assert.equal(slugOf("one two three four", 10), "one-two");
	assert.equal(slugOf("one two three four", 7), "one-two");
	assert.equal(slugOf("abcdefghijklm", 10), "abcdefghij");
	assert.ok(slugOf("word ".repeat(100)).length <= 80);
});

test("a taken slug gets the smallest number that is free", () => {
	assert.equal(untaken("a", []), "a");
	assert.equal(untaken("a", ["b", null]), "a");
	assert.equal(untaken("a", ["a", "a-2", "a-4"]), "a-3");
});
