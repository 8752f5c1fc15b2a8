// How the user set each tool: posted with every request, and never more than the administrator's
// ceiling allows, which the host sees to.
import type { Ref } from "vue";

import type { ToolMode } from "../api/assistant.ts";
import { storageKey, useStored } from "../storage.ts";

export type ToolModes = Record<string, ToolMode>;

const MODES = new Set<unknown>(["always", "ask", "disabled"]);

export function useToolModes(user: string): Ref<ToolModes> {
  return useStored<ToolModes>(
    storageKey(user, "tool-modes"),
    {},
    (found) => typeof found === "object" && found !== null && Object.values(found).every((mode) => MODES.has(mode)),
  );
}
