// Tools for Palisade in JavaScript: a thin layer over what the component imports and exports.
//
// A tool is an object (see `Tool` in index.d.ts). `component` makes the export `tools` of one
// or more, and hands each call a host whose values are JavaScript's rather than JSON text.

import { check } from "./schema.js";

/** What went wrong, for the model and the user. */
export class ToolError extends Error {
	constructor(kind, code, message) {
		super(message);
		this.name = "ToolError";
		this.kind = kind;
		this.code = code;
	}

	/** The arguments are wrong, in a way that the message says. */
	static invalid(message) {
		return new ToolError("invalid", "INVALID_ARGUMENTS", message);
	}
}

/** Annotations of a tool that says nothing about itself: it may do anything. */
export const STRICTEST = { readOnly: false, destructive: true, idempotent: false, openWorld: true };
/** Annotations of a tool that changes nothing and stays within the project. */
export const READ_ONLY = { readOnly: true, destructive: false, idempotent: true, openWorld: false };

/** A part of an answer: text, Markdown where that helps. */
export const text = (value) => ({ tag: "text", val: value });
/** A part of an answer: one JSON value. */
export const json = (value) => ({ tag: "json", val: JSON.stringify(value) });
/** A part of an answer: a file that the tool made, at most 1 MiB. */
export const file = (name, mediaType, bytes) => ({
	tag: "file",
	val: { name, mediaType, content: { tag: "bytes", val: bytes } },
});
/** A part of an answer: an image, at most 1 MiB. */
export const image = (mediaType, bytes) => ({ tag: "image", val: { mediaType, bytes } });

/** The component's export: `export const tools = component([…], { data, … });`. */
export function component(tools, imports = {}) {
	const host = hostOf(imports);
	return {
		describe: () => tools.map(describe),
		invoke: (call) => throwing(() => invoke(tools, host, call)),
	};
}

function describe(tool) {
	return {
		name: tool.name,
		title: tool.title,
		description: tool.description,
		instructions: tool.instructions,
		inputSchema: JSON.stringify(tool.inputSchema),
		outputSchema: tool.outputSchema && JSON.stringify(tool.outputSchema),
		examples: (tool.examples ?? []).map((example) => ({
			title: example.title,
			arguments: JSON.stringify(example.arguments),
		})),
		annotations: { ...STRICTEST, ...tool.annotations },
	};
}

function invoke(tools, host, call) {
	const tool = tools.find((candidate) => candidate.name === call.tool);
	if (!tool) throw ToolError.invalid(`There is no tool ${call.tool}.`);
	return run(tool, JSON.parse(call.arguments), host, call.id);
}

/** Runs a call as the component does, for tests with a host of their own. */
export function run(tool, values, host, id = "call") {
	const complaint = check(tool.inputSchema, values);
	if (complaint) throw ToolError.invalid(`The arguments don't fit: ${complaint}.`);
	return tool.invoke(values, host, id);
}

/** What is thrown leaves the component as the contract's error. */
function throwing(action) {
	try {
		return action();
	} catch (thrown) {
		const error = thrown instanceof ToolError ? thrown : new ToolError("internal", "INTERNAL", String(thrown));
		throw { kind: error.kind, code: error.code, message: error.message };
	}
}

/** What the host threw, as a `ToolError`. */
function asking(action) {
	try {
		return action();
	} catch (thrown) {
		const error = thrown?.payload ?? thrown;
		if (typeof error?.kind !== "string") throw thrown;
		throw new ToolError(error.kind, error.code, error.message);
	}
}

/** The imports that the component has, with JavaScript's values. */
function hostOf({ data, http, kv, progress, log, clock, random, identity }) {
	return {
		data: data && dataOf(data),
		http: http && { send: (request) => asking(() => responseOf(http.send(requestOf(request)))) },
		kv: kv && keyValuesOf(kv),
		progress: progress && { report: (message, fraction) => progress.report(message, fraction) },
		log: log && { log: (level, message) => log.log(level, message) },
		clock: clock && { now: () => Number(clock.now()), monotonicNow: () => Number(clock.monotonicNow()) },
		random: random && { bytes: (count) => random.bytes(count) },
		identity: identity && { getCaller: () => asking(() => identity.getCaller()) },
	};
}

function dataOf(data) {
	const keys = (list) => list.map(String);
	return {
		describe: (collections) => asking(() => JSON.parse(data.describe(collections))),
		read: (collection, query) => asking(() => JSON.parse(data.read(collection, JSON.stringify(query ?? {})))),
		create: (collection, items) => asking(() => JSON.parse(data.create(collection, JSON.stringify(items)))),
		update: (collection, list, changes) =>
			asking(() => JSON.parse(data.update(collection, keys(list), JSON.stringify(changes)))),
		delete: (collection, list) => asking(() => data.delete(collection, keys(list))),
	};
}

function requestOf({ method = "GET", url, headers = {}, body }) {
	const list = Object.entries(headers).map(([name, value]) => ({ name: name.toLowerCase(), value }));
	return { method, url, headers: list, body: typeof body === "string" ? utf8(body) : body };
}

function responseOf({ status, headers, body }) {
	const bytes = Uint8Array.from(body);
	const named = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
	return {
		status,
		ok: status >= 200 && status < 300,
		headers: named,
		bytes,
		text: () => fromUtf8(bytes),
		json: () => parsed(fromUtf8(bytes)),
	};
}

function parsed(value) {
	try {
		return JSON.parse(value);
	} catch {
		throw new ToolError("other", "UNREADABLE", "The response isn't JSON.");
	}
}

function keyValuesOf(kv) {
	const get = (key) => asking(() => kv.get(key) ?? undefined);
	const set = (key, value) => asking(() => kv.set(key, value));
	return {
		get,
		set,
		delete: (key) => asking(() => kv.delete(key)),
		keys: (prefix = "") => asking(() => kv.keys(prefix)),
		getJson: (key) => {
			const bytes = get(key);
			return bytes && parsed(fromUtf8(bytes));
		},
		setJson: (key, value) => set(key, utf8(JSON.stringify(value))),
	};
}

/** The UTF-8 bytes of a text. The component's engine has no TextEncoder. */
export function utf8(value) {
	const escaped = encodeURIComponent(value.toWellFormed());
	const bytes = [];
	for (let place = 0; place < escaped.length; place += 1) {
		if (escaped[place] === "%") {
			bytes.push(Number.parseInt(escaped.slice(place + 1, place + 3), 16));
			place += 2;
		} else {
			bytes.push(escaped.charCodeAt(place));
		}
	}
	return Uint8Array.from(bytes);
}

/** The text of UTF-8 bytes. */
export function fromUtf8(bytes) {
	let escaped = "";
	for (const byte of bytes) escaped += `%${byte.toString(16).padStart(2, "0")}`;
	try {
		return decodeURIComponent(escaped);
	} catch {
		throw new ToolError("other", "UNREADABLE", "The text isn't UTF-8.");
	}
}
