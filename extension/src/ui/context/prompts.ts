// Prompts that the user keeps, with variables to fill in.
import type { Ref } from "vue";

import { storageKey, useStored } from "../storage.ts";

export interface Prompt {
  id: string;
  name: string;
  /** `{{name}}` stands for a value that is asked for. */
  text: string;
}

const VARIABLE = /\{\{\s*([\p{L}\p{N}_ .-]{1,60}?)\s*\}\}/gu;

/** Names of the variables in a text, each once, in their order. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(VARIABLE)].map(([, name = ""]) => name))];
}

/** The text with values in place of variables. A value is put in as it is, whatever it looks like. */
export function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? "") : whole));
}

export function usePrompts(user: string): Ref<Prompt[]> {
  return useStored<Prompt[]>(storageKey(user, "prompts"), [], (found) => Array.isArray(found) && found.every(isPrompt));
}

function isPrompt(found: unknown): found is Prompt {
  const one = found as Partial<Prompt> | null;
  return typeof one?.id === "string" && typeof one.name === "string" && typeof one.text === "string";
}
