// What is compared: the same two turns, answered by Directus itself and by Palisade.
import { USERS } from "../seeds/newsroom.mjs";
import { RESPONSES_STREAM, UI_STREAM } from "./load.mjs";

export const TOKENS = 200;
const ANSWER = { answer: "message", text: { tokens: TOKENS } };
/** What an editor's question about the newest articles comes to: ten rows with five fields. */
const READ = {
  action: "read",
  collection: "articles",
  query: { fields: ["id", "title", "status", "published_on", "author"], filter: { status: { _eq: "published" } }, sort: ["-published_on"], limit: 10 },
};
const calls = (name, argument) => ({ answer: "message", tool_calls: [{ name, arguments: argument }] });

const TEXT = "gpt-5-mini";
const ITEMS = "gpt-5";
const EXECUTE = "gpt-5-nano";
/**
 * What the fake provider plays, by model. The names are those of reasoning models: to others Directus
 * sends back references to what the provider stored, and the fake one stores nothing.
 */
export const SCENARIOS = {
  [TEXT]: [ANSWER],
  [ITEMS]: [calls("items", READ), ANSWER],
  // Since Directus 12 its assistant and its panel know tools only by way of another one.
  [EXECUTE]: [calls("execute", { name: "items", input: READ }), ANSWER],
};
export const MODELS = Object.keys(SCENARIOS);

/** As Data Studio's panel asks; both take it. */
const body = (model) => ({
  provider: "openai",
  model,
  tools: ["items", "files", "folders", "flows", "trigger-flow", "operations", "collections", "fields", "relations"],
  toolApprovals: { items: "always" },
  context: { page: { path: "/content/articles", collection: "articles", module: "content" } },
  messages: [{ id: "u1", role: "user", parts: [{ type: "text", text: "Which articles are the newest?" }], metadata: {} }],
});

const text = { model: TEXT, toolOutputs: 0 };
const tool = (model) => ({ model, toolOutputs: 1 });
const builtIn = { palisade: "none", at: "/ai/chat" };
const beside = { palisade: "beside", at: "/ai/chat" };
const inside = { palisade: "inside", at: "/palisade/ai/chat" };
const panel = { palisade: "inside", at: "/ai/chat", env: { PALISADE_STUDIO_PANEL: "true" } };

/**
 * `least` is how many times less processor time than `than` a turn has to take; `name` is for
 * `--only`, `what` for the table.
 */
export const CASES = [
  { name: "text-directus", what: "text: Directus's own assistant", ...builtIn, ...text },
  { name: "text-direct", what: "text: Palisade, asked directly", ...beside, ...text, than: "text-directus", least: 30 },
  { name: "text-extension", what: "text: Palisade through the extension", ...inside, ...text, than: "text-directus", least: 8 },
  { name: "text-panel", what: "text: Palisade behind Data Studio's panel", ...panel, ...text, than: "text-directus", least: 8 },
  { name: "tool-directus", what: "one read: Directus's own assistant", ...builtIn, ...tool(EXECUTE), modelBefore12: ITEMS },
  { name: "tool-direct", what: "one read: Palisade, asked directly", ...beside, ...tool(ITEMS), than: "tool-directus", least: 5 },
  { name: "tool-extension", what: "one read: Palisade through the extension", ...inside, ...tool(ITEMS), than: "tool-directus", least: 5 },
  { name: "tool-panel", what: "one read: Palisade behind Data Studio's panel", ...panel, ...tool(EXECUTE), than: "tool-directus", least: 5 },
];

/** The request of a case to a server, and what has to be in its answer. */
export function turnOf({ at, model, modelBefore12 = model, toolOutputs }, url, version) {
  const asked = Number.parseInt(version, 10) < 12 ? modelBefore12 : model;
  return {
    request: { url: url + at, headers: { authorization: `Bearer ${USERS.editor.token}` }, body: body(asked) },
    expected: { stream: UI_STREAM, tokens: TOKENS, toolOutputs },
  };
}

/** The provider itself, without anybody between: what no server can be faster than. */
export function bareTurn(fake, key) {
  const { model } = text;
  const input = [{ role: "user", content: [{ type: "input_text", text: "Which articles are the newest?" }] }];
  return {
    request: { url: `${fake.baseUrl}/responses`, headers: { authorization: `Bearer ${key}` }, body: { model, input, stream: true } },
    expected: { stream: RESPONSES_STREAM, tokens: TOKENS, toolOutputs: 0 },
  };
}
