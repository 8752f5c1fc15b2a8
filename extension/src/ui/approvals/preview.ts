// What a call would change, read with the user's own permissions before they decide.
import type { Item, Key, Project } from "../api/project.ts";
import { isObject } from "../chat/parts.ts";
import { collectionOf, keysOf, listOf } from "./sentence.ts";

export interface FieldChange {
  field: string;
  before?: unknown;
  after: unknown;
}

/** What happens to one item. */
export interface ItemChange {
  key: Key | undefined;
  changes: FieldChange[];
}

export interface DoomedItem {
  key: Key | undefined;
  /** Some of its values, to know it by. */
  values: Item;
  /** How many items of other collections point to it, by field. */
  hanging: { field: string; count: number }[];
}

export type Preview =
  | { kind: "create"; items: ItemChange[] }
  | { kind: "update"; items: ItemChange[]; isRead: boolean; more: number }
  | { kind: "delete"; items: DoomedItem[]; isRead: boolean; more: number }
  | { kind: "web"; requests: WebRequest[] }
  | { kind: "none" };

export interface WebRequest {
  origin: string;
  address: string;
  body?: unknown;
}

type Input = Record<string, unknown>;

/** Items that are looked at. */
const MOST = 20;
/** Values that an item is known by. */
const SHOWN_FIELDS = 4;

/** What the arguments alone say. */
export function previewOf(tool: string, input: Input): Preview {
  const web = webRequests(tool, input);
  if (web.length > 0) return { kind: "web", requests: web };
  const collection = collectionOf(tool, input);
  const action = input["action"];
  if (collection === undefined) return { kind: "none" };
  const data = listOf(input["data"]).filter(isObject);
  if (action === "create") return { kind: "create", items: data.slice(0, MOST).map((item) => ({ key: undefined, changes: changesOf(item) })) };
  const keys = keysOf(input) as Key[];
  if (action === "delete") {
    return { kind: "delete", items: keys.slice(0, MOST).map((key) => ({ key, values: {}, hanging: [] })), isRead: false, more: Math.max(0, keys.length - MOST) };
  }
  if (action !== "update") return { kind: "none" };
  if (Array.isArray(input["data"])) {
    return { kind: "update", items: data.slice(0, MOST).map((item) => ({ key: undefined, changes: changesOf(item) })), isRead: false, more: Math.max(0, data.length - MOST) };
  }
  const changes = changesOf(data[0] ?? {});
  const items = keys.length === 0 ? [{ key: undefined, changes }] : keys.slice(0, MOST).map((key) => ({ key, changes }));
  return { kind: "update", items, isRead: false, more: Math.max(0, keys.length - MOST) };
}

/** The same with what is there now. Fails where the user can't read it. */
export async function readPreview(project: Project, tool: string, input: Input): Promise<Preview> {
  const preview = previewOf(tool, input);
  const collection = collectionOf(tool, input);
  if (collection === undefined) return preview;
  if (preview.kind === "update") return readUpdate(project, collection, input, preview.more);
  if (preview.kind === "delete") return readDelete(project, collection, keysOf(input) as Key[], preview.more);
  return preview;
}

async function readUpdate(project: Project, collection: string, input: Input, more: number): Promise<Preview> {
  const primary = await project.primaryKey(collection);
  const data = listOf(input["data"]).filter(isObject);
  const fields = [...new Set([primary, ...data.flatMap((item) => Object.keys(item))])];
  const list = Array.isArray(input["data"]);
  const keys = (list ? data.map((item) => item[primary]) : keysOf(input)).slice(0, MOST) as Key[];
  const query = isObject(input["query"]) ? input["query"] : {};
  const rows = await project.items(collection, {
    fields,
    limit: MOST,
    ...(keys.length > 0 ? { filter: { [primary]: { _in: keys } } } : { filter: query["filter"], search: query["search"] }),
  });
  const byKey = new Map(rows.map((row) => [String(row[primary]), row]));
  const targets = keys.length > 0 ? keys : (rows.map((row) => row[primary]) as Key[]);
  const items = targets.map((key, index): ItemChange => {
    const change = list ? data[index] : data[0];
    const after = Object.fromEntries(Object.entries(change ?? {}).filter(([field]) => !(list && field === primary)));
    const row = byKey.get(String(key));
    return { key, changes: row === undefined ? changesOf(after) : changesOf(after, row) };
  });
  const others = keys.length > 0 ? more : (await countMatching(project, collection, query)) - rows.length;
  return { kind: "update", items, isRead: items.every(({ key }) => byKey.has(String(key))), more: Math.max(0, others) };
}

async function countMatching(project: Project, collection: string, { filter, search }: Input): Promise<number> {
  const [row] = await project.items(collection, { aggregate: { count: ["*"] }, filter, search });
  const count = row?.["count"];
  return Number(isObject(count) ? count["*"] : count) || 0;
}

async function readDelete(project: Project, collection: string, keys: readonly Key[], more: number): Promise<Preview> {
  const all = await project.fields(collection);
  const primary = await project.primaryKey(collection);
  const shown = all.filter(({ field, type, meta }) => field !== primary && type === "string" && !meta?.hidden).slice(0, SHOWN_FIELDS).map(({ field }) => field);
  const lists = all.filter(({ meta }) => meta?.special?.some((special) => ["o2m", "m2m", "m2a", "files"].includes(special))).map(({ field }) => field);
  const looked = keys.slice(0, MOST);
  const rows = await project.items(collection, {
    fields: [primary, ...shown, ...lists.map((field) => `count(${field})`)],
    filter: { [primary]: { _in: looked } },
    limit: MOST,
  });
  const byKey = new Map(rows.map((row) => [String(row[primary]), row]));
  const items = looked.map((key): DoomedItem => {
    const row = byKey.get(String(key));
    const hanging = lists.map((field) => ({ field, count: Number(row?.[`${field}_count`] ?? 0) })).filter(({ count }) => count > 0);
    const values = Object.fromEntries(shown.filter((field) => row?.[field] != null).map((field) => [field, row?.[field]]));
    return { key, values, hanging };
  });
  return { kind: "delete", items, isRead: looked.every((key) => byKey.has(String(key))), more };
}

function changesOf(item: Input, row?: Item): FieldChange[] {
  return Object.entries(item).map(([field, after]) => (row !== undefined && field in row ? { field, before: row[field], after } : { field, after }));
}

/** Where a call reaches beyond the project: imports of files, and whatever else has an address of its own. */
function webRequests(tool: string, input: Input): WebRequest[] {
  const isImport = tool === "files" && input["action"] === "import";
  const asked = isImport ? listOf(input["data"]).filter(isObject) : tool.includes("__") ? [input] : [];
  return asked.flatMap((one) => {
    const address = one["url"];
    if (typeof address !== "string" || !/^https?:/i.test(address) || !URL.canParse(address)) return [];
    const body = one["body"] ?? one["file"];
    return [{ origin: new URL(address).origin, address, ...(body !== undefined && { body }) }];
  });
}
