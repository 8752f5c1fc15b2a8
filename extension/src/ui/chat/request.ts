// What is posted to the host for a turn.
import type { Model } from "../api/assistant.ts";
import type { ToolModes } from "../tools-settings/modes.ts";
import type { Message } from "./parts.ts";
import { withoutUnfinished } from "./settle.ts";

export interface TurnSettings {
  model: Model | undefined;
  toolModes: ToolModes;
  page: { path: string } | undefined;
}

export function turnBody(messages: Message[], { model, toolModes, page }: TurnSettings): Record<string, unknown> {
  const question = messages.findLast(({ role }) => role === "user");
  const attachments = question?.metadata?.attachments ?? [];
  const context = { ...(page && { page }), ...(attachments.length > 0 && { attachments }) };
  return {
    ...(model && { provider: model.provider, model: model.model }),
    // No list of tools: all that this user may call.
    toolApprovals: toolModes,
    ...(Object.keys(context).length > 0 && { context }),
    // What is in the metadata is the browser's own.
    messages: messages.map(withoutUnfinished).filter(({ parts }) => parts.length > 0).map(({ id, role, parts }) => ({ id, role, parts })),
  };
}
