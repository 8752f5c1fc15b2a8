import assert from "node:assert/strict";
import test from "node:test";

import { ToolError, run } from "../src/palisade-tool/index.js";
import { slugify } from "../src/tool.js";

/** A host with one answer per read; without an update unless the test gives one. */
function hostWith(reads, update = () => assert.fail("nothing may be written")) {
	const asked = [];
	const read = (collection, query) => {
		asked.push({ collection, query });
		return reads.shift();
	};
	return { asked, data: { read, update } };
}

const ARGUMENTS = { collection: "articles", key: 3, from: "title" };

test("what isn't granted isn't done", () => {
	const denied = new ToolError("denied", "FORBIDDEN", "No.");
	const host = { data: { read: () => { throw denied; } } };
	assert.throws(() => run(slugify, ARGUMENTS, host), denied);
});

test("arguments that don't fit are refused before anything is read", () => {
	const host = hostWith([]);
	const wrong = [
		{},
		{ ...ARGUMENTS, key: 1.5 },
		{ ...ARGUMENTS, from: "title; drop" },
		{ ...ARGUMENTS, to: "a.b" },
		{ ...ARGUMENTS, dryrun: true },
	];
	for (const values of wrong) {
		assert.throws(() => run(slugify, values, host), { kind: "invalid" }, JSON.stringify(values));
	}
	assert.deepEqual(host.asked, []);
});

test("the slug is written, unique among the others", () => {
	const written = [];
	const host = hostWith(
		[[{ title: "Über uns", slug: null }], [{ slug: "ueber-uns" }, { slug: "ueber-uns-2" }]],
		(...update) => written.push(update),
	);
	const [answer] = run(slugify, ARGUMENTS, host);
	assert.deepEqual(written, [["articles", [3], { slug: "ueber-uns-3" }]]);
	assert.deepEqual(JSON.parse(answer.val), { key: 3, slug: "ueber-uns-3", previous: null, written: true });
	assert.deepEqual(host.asked[0].query, { fields: ["title", "slug"], filter: { id: { _eq: 3 } }, limit: 1 });
	assert.deepEqual(host.asked[1].query.filter, {
		_and: [
			{ _or: [{ slug: { _eq: "ueber-uns" } }, { slug: { _starts_with: "ueber-uns-" } }] },
			{ id: { _neq: 3 } },
		],
	});
});

test("a dry run and a slug that is right already write nothing", () => {
	const dry = run(slugify, { ...ARGUMENTS, dry_run: true }, hostWith([[{ title: "A", slug: "b" }], []]));
	assert.deepEqual(JSON.parse(dry[0].val), { key: 3, slug: "a", previous: "b", written: false });
	assert.match(dry[1].val, /would be/);
	const same = run(slugify, ARGUMENTS, hostWith([[{ title: "A", slug: "a" }], []]));
	assert.match(same[1].val, /already/);
});

test("an item that isn't there, and titles without letters, are errors", () => {
	assert.throws(() => run(slugify, ARGUMENTS, hostWith([[]])), { code: "NO_ITEM" });
	for (const title of [null, "", "  ", 7, "日本語"]) {
		assert.throws(() => run(slugify, ARGUMENTS, hostWith([[{ title }], []])), { kind: "invalid" }, String(title));
	}
});
