import assert from "node:assert/strict";
import test from "node:test";

import { STRICTEST, ToolError, component, file, fromUtf8, json, text, utf8 } from "../palisade-tool/index.js";

/** A tool that does what the test says. */
const tool = (invoke, more = {}) => ({
	name: "probe",
	title: "Probe",
	description: "Does what the test says.",
	inputSchema: { type: "object" },
	invoke,
	...more,
});
const call = (invoke, imports, values = {}) =>
	component([tool(invoke)], imports).invoke({ id: "1", tool: "probe", arguments: JSON.stringify(values) });

test("a tool that says nothing about itself may do anything", () => {
	const [described] = component([tool(() => [])]).describe();
	assert.deepEqual(described.annotations, STRICTEST);
	assert.equal(described.inputSchema, '{"type":"object"}');
	assert.equal(described.outputSchema, undefined);
	assert.deepEqual(described.examples, []);
});

test("an annotation that is said leaves the others at their worst", () => {
	const [described] = component([tool(() => [], { annotations: { readOnly: true } })]).describe();
	assert.deepEqual(described.annotations, { ...STRICTEST, readOnly: true });
});

test("errors leave as the contract's, whatever was thrown", () => {
	const thrown = (invoke, values) => {
		try {
			call(invoke, {}, values);
		} catch (error) {
			return error;
		}
		return assert.fail("nothing was thrown");
	};
	const own = thrown(() => { throw new ToolError("limit", "FULL", "Full."); });
	assert.deepEqual(own, { kind: "limit", code: "FULL", message: "Full." });
	const fault = thrown(() => undefined.x);
	assert.equal(fault.kind, "internal");
	assert.equal(thrown(() => [], []).code, "INVALID_ARGUMENTS");
});

test("a tool that isn't there is refused", () => {
	const exported = component([tool(() => [])]);
	assert.throws(() => exported.invoke({ id: "1", tool: "other", arguments: "{}" }), { kind: "invalid" });
});

test("the host's errors arrive as ToolError, with and without a wrapper", () => {
	const denied = { kind: "denied", code: "FORBIDDEN", message: "No." };
	for (const thrown of [denied, Object.assign(new Error("x"), { payload: denied })]) {
		const data = { read: () => { throw thrown; } };
		const seen = call((_, host) => {
			try {
				return host.data.read("a");
			} catch (error) {
				assert.ok(error instanceof ToolError);
				return [text(error.code)];
			}
		}, { data });
		assert.deepEqual(seen, [text("FORBIDDEN")]);
	}
});

test("data goes and comes as values, keys as text", () => {
	const asked = [];
	const data = {
		read: (...values) => (asked.push(values), '[{"id":1}]'),
		update: (...values) => (asked.push(values), "[]"),
	};
	const answer = call((_, host) => {
		const items = host.data.read("a", { limit: 1 });
		host.data.update("a", [1, "b"], { c: null });
		return [json(items)];
	}, { data });
	assert.deepEqual(answer, [json([{ id: 1 }])]);
	assert.deepEqual(asked, [["a", '{"limit":1}'], ["a", ["1", "b"], '{"c":null}']]);
});

test("requests and responses have headers by name, and text", () => {
	let sent;
	const http = {
		send: (request) => {
			sent = request;
			return { status: 201, headers: [{ name: "X-A", value: "1" }], body: [...utf8('{"ü":1}')] };
		},
	};
	const answer = call((_, host) => {
		const response = host.http.send({ method: "POST", url: "{origin:a}/", headers: { Accept: "b" }, body: "ü" });
		return [json([response.status, response.ok, response.headers["x-a"], response.json()])];
	}, { http });
	assert.deepEqual(JSON.parse(answer[0].val), [201, true, "1", { ü: 1 }]);
	assert.deepEqual(sent.headers, [{ name: "accept", value: "b" }]);
	assert.deepEqual(sent.body, Uint8Array.of(0xc3, 0xbc));
});

test("storage holds JSON, and nothing is undefined", () => {
	const kept = new Map();
	const kv = { get: (key) => kept.get(key) ?? null, set: (key, value) => kept.set(key, value) };
	const answer = call((_, host) => {
		const before = host.kv.getJson("a");
		host.kv.setJson("a", { b: "ü" });
		return [json([before === undefined, host.kv.getJson("a")])];
	}, { kv });
	assert.deepEqual(JSON.parse(answer[0].val), [true, { b: "ü" }]);
});

test("what the world doesn't import isn't there", () => {
	const answer = call((_, host) => [json(Object.values(host).every((one) => one === undefined))], {});
	assert.deepEqual(answer, [json(true)]);
});

test("UTF-8 there and back, as TextEncoder does it", () => {
	for (const value of ["", "a%b", "ü€😀", "\u0000\n", "lone \ud800 half"]) {
		assert.deepEqual(utf8(value), new TextEncoder().encode(value));
		assert.equal(fromUtf8(utf8(value)), value.toWellFormed());
	}
	assert.throws(() => fromUtf8(Uint8Array.of(0xff)), { code: "UNREADABLE" });
});

test("a file has its bytes", () => {
	const bytes = utf8("a");
	assert.deepEqual(file("a.txt", "text/plain", bytes), {
		tag: "file",
		val: { name: "a.txt", mediaType: "text/plain", content: { tag: "bytes", val: bytes } },
	});
});
