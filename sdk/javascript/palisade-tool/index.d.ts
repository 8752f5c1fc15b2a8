// Types of index.js. The contract behind them, with all limits, is WIT, in wit/deps.

/** What went wrong, coarsely: enough to decide what to do next. */
export type ErrorKind = "denied" | "invalid" | "unavailable" | "limit" | "timeout" | "internal" | "other";

/** What went wrong, for the model and the user. Throw it; the host's errors arrive as it, too. */
export class ToolError extends Error {
	readonly kind: ErrorKind;
	/** Stable upper-case identifier, at most 64 bytes. */
	readonly code: string;
	constructor(kind: ErrorKind, code: string, message: string);
	/** The arguments are wrong, in a way that the message says. */
	static invalid(message: string): ToolError;
}

/** What calls of a tool do to the world. The host takes the stricter of this and what the grant allows. */
export interface Annotations {
	/** No call changes anything. */
	readOnly: boolean;
	/** A call may overwrite or remove what was there. */
	destructive: boolean;
	/** The same call again changes nothing more. */
	idempotent: boolean;
	/** A call reaches beyond the project. */
	openWorld: boolean;
}

export const STRICTEST: Annotations;
export const READ_ONLY: Annotations;

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Item = Record<string, Json>;
export type Key = string | number;

/** A JSON Schema (draft 7). Of the keywords, those of schema.js are checked before the tool runs. */
export interface Schema {
	type?: string | readonly string[];
	description?: string;
	enum?: readonly Json[];
	properties?: Readonly<Record<string, Schema>>;
	required?: readonly string[];
	additionalProperties?: boolean | Schema;
	items?: Schema;
	[keyword: string]: unknown;
}

/** A part of an answer. Make it with `text`, `json`, `file` or `image`. */
export type Content =
	| { tag: "text" | "json"; val: string }
	| { tag: "image"; val: { mediaType: string; bytes: Uint8Array } }
	| {
			tag: "file";
			val: {
				name: string;
				mediaType: string;
				content: { tag: "bytes"; val: Uint8Array } | { tag: "reference"; val: string };
			};
	  };

export function text(value: string): Content;
export function json(value: unknown): Content;
export function file(name: string, mediaType: string, bytes: Uint8Array): Content;
export function image(mediaType: "image/png" | "image/jpeg" | "image/gif" | "image/webp", bytes: Uint8Array): Content;

/** A tool. */
export interface Tool<Arguments = Record<string, any>> {
	/** Name, `[a-z][a-z0-9_]{0,31}`. The model knows the tool as `COMPONENT__NAME`. */
	name: string;
	/** Name for people, at most 80 bytes. */
	title: string;
	/** What it does, for the model and for people, at most 2 KiB. */
	description: string;
	/** When and how to use it, for the model, at most 8 KiB. */
	instructions?: string;
	/** Schema of the arguments, an object's. */
	inputSchema: Schema;
	/** Schema of the JSON parts of the answer. */
	outputSchema?: Schema;
	/** Calls that show how the tool is meant, at most 8. */
	examples?: { title: string; arguments: Arguments }[];
	/** What isn't said is taken to be the worst: see `STRICTEST`. */
	annotations?: Partial<Annotations>;
	/** Runs a call, without `async`: all functions of the host block. `id` is the call's. */
	invoke(values: Arguments, host: Host, id: string): Content[];
}

/** The project's data, with exactly the permissions of the caller. */
export interface Data {
	describe(collections: string[]): Json[];
	/** Reads items. The query is Directus's; without one, the first 100 items. */
	read(collection: string, query?: Item): Item[];
	/** Creates at most 500 items. */
	create(collection: string, items: Item[]): Item[];
	/** Changes at most 500 items. */
	update(collection: string, keys: Key[], changes: Item): Item[];
	/** Deletes at most 500 items. */
	delete(collection: string, keys: Key[]): void;
}

export interface Request {
	/** `GET` unless said otherwise. */
	method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** Address; may begin with `{origin:NAME}`. */
	url: string;
	/** A value may contain `{secret:NAME}`. */
	headers?: Record<string, string>;
	body?: string | Uint8Array;
}

export interface Response {
	status: number;
	/** Whether the status says success. */
	ok: boolean;
	/** By lower-case name. */
	headers: Record<string, string>;
	bytes: Uint8Array;
	text(): string;
	json(): any;
}

/** HTTP requests to the origins that were granted. */
export interface Http {
	send(request: Request): Response;
}

/** Storage that is the component's own in a workspace, shared by all its callers. */
export interface KeyValues {
	get(key: string): Uint8Array | undefined;
	set(key: string, value: Uint8Array): void;
	delete(key: string): void;
	keys(prefix?: string): string[];
	getJson(key: string): any;
	setJson(key: string, value: unknown): void;
}

export interface Caller {
	userId: string;
	roles: string[];
	language: string;
	workspace: string;
}

/** What the component can ask of the host. What its world doesn't import isn't there. */
export interface Host {
	data: Data;
	http: Http;
	kv: KeyValues;
	progress: { report(message: string, fraction?: number): void };
	log: { log(level: "debug" | "info" | "warn" | "error", message: string): void };
	clock: { now(): number; monotonicNow(): number };
	random: { bytes(count: number): Uint8Array };
	identity: { getCaller(): Caller };
}

/** The component's export: `export const tools = component([…], { data, … });`. */
export function component(tools: Tool<any>[], imports?: Partial<Record<keyof Host, object>>): object;

/** Runs a call as the component does, for tests with a host of their own. */
export function run<Arguments>(tool: Tool<Arguments>, values: unknown, host: Partial<Host>, id?: string): Content[];

export function utf8(value: string): Uint8Array;
export function fromUtf8(bytes: Uint8Array): string;
