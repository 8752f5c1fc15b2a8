// Ceilings as they are, with what was changed and isn't saved yet.
import type { ToolMode } from "../../api/assistant.ts";
import type { AdminTool } from "../api.ts";

/** What changes about a tool's ceilings; null takes one away. */
export interface CeilingChange {
  default?: ToolMode | null;
  roles: Record<string, ToolMode | null>;
}

export type CeilingChanges = Record<string, CeilingChange>;

/** The ceiling for a role, or the one for all others; null where there is none. */
export function ceilingOf(tool: AdminTool, change: CeilingChange | undefined, role: string | undefined): ToolMode | null {
  if (role === undefined) return change?.default !== undefined ? change.default : (tool.ceiling.default ?? null);
  const changed = change?.roles[role];
  return changed !== undefined ? changed : (tool.ceiling.roles?.[role] ?? null);
}
