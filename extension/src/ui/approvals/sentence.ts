// What a tool call will do, in plain words. Made of the call's arguments alone: nothing that a model or
// a plugin wrote about itself.
import { formatList, t, type MessageKey } from "../i18n/index.ts";
import { isObject } from "../chat/parts.ts";
import { beginning, visible } from "../text.ts";

type Input = Record<string, unknown>;

const NAME_LENGTH = 60;
const KEYS_NAMED = 5;

/** Kinds of things that tools of their own work on, and the collection they are kept in. */
const SYSTEM_COLLECTIONS: Record<string, string> = {
  files: "directus_files",
  folders: "directus_folders",
  flows: "directus_flows",
  operations: "directus_operations",
};

/** The collection that a call reads or writes, where it is one of items. */
export function collectionOf(tool: string, input: Input): string | undefined {
  if (tool === "items") return textOf(input["collection"]);
  return SYSTEM_COLLECTIONS[tool];
}

export function sentence(tool: string, input: Input): string {
  const action = textOf(input["action"]) ?? "";
  if (tool === "items") return itemSentence(action, input, name(input["collection"]));
  if (tool in SYSTEM_COLLECTIONS) {
    if (tool === "files" && action === "import") return t("sentence.import", { count: listOf(input["data"]).length });
    return itemSentence(action, input, t(`thing.${tool}` as MessageKey));
  }
  const structure = structureSentence(tool, action, input);
  if (structure !== undefined) return structure;
  switch (tool) {
    case "schema":
      return t("sentence.schema");
    case "search":
      return t("sentence.search");
    case "assets":
      return t("sentence.asset");
    case "trigger-flow":
      return t("sentence.flow", { flow: name(input["id"]), collection: name(input["collection"]) });
    default:
      return pluginSentence(tool);
  }
}

function itemSentence(action: string, input: Input, collection: string): string {
  const keys = keysOf(input);
  const values = { collection, keys: keyList(keys), count: keys.length };
  switch (action) {
    case "read":
      return keys.length > 0 ? t("sentence.readKeys", values) : t(isAggregate(input) ? "sentence.count" : "sentence.read", values);
    case "create":
      return t("sentence.create", { collection, count: Array.isArray(input["data"]) ? input["data"].length : 1 });
    case "update":
      return updateSentence(input, collection, keys);
    case "delete":
      return t(keys.length > KEYS_NAMED ? "sentence.deleteMany" : "sentence.delete", values);
    default:
      return t("sentence.unknown", { tool: collection, action: name(action) });
  }
}

function updateSentence(input: Input, collection: string, keys: readonly unknown[]): string {
  const changes = listOf(input["data"]);
  const fields = new Set(changes.flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
  if (Array.isArray(input["data"])) return t("sentence.updateEach", { collection, count: changes.length });
  if (keys.length === 0) return t("sentence.updateFilter", { collection, count: fields.size });
  const key = keys.length > KEYS_NAMED ? "sentence.updateMany" : "sentence.update";
  return t(key, { collection, keys: keyList(keys), items: keys.length, count: fields.size });
}

function structureSentence(tool: string, action: string, input: Input): string | undefined {
  const data = listOf(input["data"]);
  const collection = name(input["collection"] ?? (data[0] as Input | undefined)?.["collection"]);
  const names = (key: string): string => formatList(data.map((one) => name(isObject(one) ? one[key] : one)));
  const isKnown = ["read", "create", "update", "delete"].includes(action);
  if (!isKnown) return undefined;
  switch (tool) {
    case "collections":
      return t(`sentence.collections.${action}` as MessageKey, { names: action === "delete" ? keyList(keysOf(input)) : names("collection") });
    case "fields":
      return t(`sentence.fields.${action}` as MessageKey, { collection, names: action === "delete" ? name(input["field"]) : names("field") });
    case "relations":
      return t(`sentence.relations.${action}` as MessageKey, { collection, field: name(input["field"] ?? (data[0] as Input | undefined)?.["field"]) });
    default:
      return undefined;
  }
}

/** Tools of plugins are named after their component. */
function pluginSentence(tool: string): string {
  const [component = tool, ...rest] = tool.split("__");
  return rest.length === 0 ? t("sentence.tool", { tool: name(tool) }) : t("sentence.plugin", { plugin: name(component), tool: name(rest.join("__")) });
}

export function keysOf(input: Input): readonly unknown[] {
  if (Array.isArray(input["keys"])) return input["keys"];
  return input["key"] === undefined ? [] : [input["key"]];
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const isAggregate = (input: Input): boolean => isObject(input["query"]) && input["query"]["aggregate"] !== undefined;

function keyList(keys: readonly unknown[]): string {
  return formatList(keys.slice(0, KEYS_NAMED).map(name));
}

/** A name that somebody else chose, made short and visible. */
function name(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number") return "?";
  return visible(beginning(String(value), NAME_LENGTH));
}
