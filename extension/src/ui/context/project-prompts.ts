// Prompts that a project keeps for all of its users, in the collection that Directus's settings name.
import type { ApiClient } from "../api/client.ts";
import type { Item, Project } from "../api/project.ts";
import { isObject } from "../chat/parts.ts";
import type { Prompt } from "./prompts.ts";

const MOST = 100;

export async function projectPrompts(api: ApiClient, project: Project): Promise<Prompt[]> {
  const settings = await api.get<{ mcp_prompts_collection?: string | null }>("project", "/settings", { fields: ["mcp_prompts_collection"] });
  const collection = settings.mcp_prompts_collection;
  if (!collection) return [];
  const rows = await project.items(collection, { fields: ["*"], limit: MOST });
  return rows.flatMap((row, index) => promptOf(row, index) ?? []);
}

/** A prompt as Directus keeps it: a name, instructions, and messages of which the user's are asked. */
export function promptOf(row: Item, index: number): Prompt | undefined {
  const { name, system_prompt: instructions, messages } = row;
  const said = (Array.isArray(messages) ? messages : []).filter(isObject).filter(({ role }) => role !== "assistant").map(({ text }) => text);
  const text = [instructions, ...said].filter((one): one is string => typeof one === "string" && one.trim() !== "").join("\n\n");
  return typeof name === "string" && text !== "" ? { id: `project-${index}`, name, text } : undefined;
}
