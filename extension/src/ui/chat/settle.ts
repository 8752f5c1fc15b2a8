// What becomes of a message that nobody finished: the host takes only whole ones.
import { isTool, type Message, type Part, type ToolPart } from "./parts.ts";

/** A call whose input never came whole is no call, and text is no longer being written. */
export function withoutUnfinished(message: Message): Message {
  const parts = message.parts
    .filter((part) => !(isTool(part) && part.state === "input-streaming"))
    .map((part) => ("state" in part && part.state === "streaming" ? { ...part, state: "done" as const } : part));
  return { ...message, parts };
}

/**
 * Calls that can no longer be answered. Who writes on instead of approving has not approved, and what
 * was running when the turn ended has no result that anybody knows.
 */
export function settled(message: Message, notAnswered: string, notFinished: string): Message {
  const parts = message.parts.map((part): Part => {
    if (!isTool(part)) return part;
    const tool = part as ToolPart;
    switch (tool.state) {
      case "approval-requested":
      case "approval-responded":
        return { ...tool, state: "output-denied", approval: { id: tool.approval?.id ?? "", approved: false, reason: notAnswered } } as unknown as Part;
      case "input-available":
        return { ...tool, state: "output-error", errorText: notFinished } as unknown as Part;
      default:
        return part;
    }
  });
  return withoutUnfinished({ ...message, parts });
}

/** Whether the turn behind this message can't go on by itself: it has no answer, or half of one. */
export function isUnfinished(message: Message | undefined): boolean {
  if (message === undefined) return false;
  if (message.role === "user") return true;
  return message.metadata?.interrupted === true;
}
