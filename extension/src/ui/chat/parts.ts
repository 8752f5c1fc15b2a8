// The parts of a message, as the AI SDK writes them and the host's own data parts.
import type { UIMessage } from "ai";

export interface Attachment {
  type: "item" | "prompt";
  display: string;
  data: Record<string, unknown>;
  snapshot: Record<string, unknown>;
}

/** What a message of the user carries besides its parts. It stays in the browser. */
export interface MessageMetadata {
  attachments?: Attachment[];
  /** Small pictures of attached images, by the URL of their file part. */
  thumbnails?: Record<string, string>;
  /** The answer ended because the user stopped it, or because the page was left. */
  interrupted?: boolean;
  /** What ended the answer before the model did: its limit, or the provider's filter. */
  cutBy?: "length" | "content-filter";
  /** When it was written, in milliseconds. */
  at?: number;
  /** The host's turns that the answer is from: a set, by their ids. */
  turns?: Record<string, true>;
  /** The model that answered. */
  model?: string;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  cacheReadTokens?: number;
  cacheCreationTokens?: number;
  /** How long the conversation was with its last answer. */
  contextTokens?: number;
}

/** Why the host asks about a call. */
export interface ApprovalReason {
  toolCallId: string;
  reason: string;
}

export interface Progress {
  toolCallId: string;
  message?: string;
  /** From 0 to 1. */
  fraction?: number;
}

export interface Retry {
  attempt: number;
  of: number;
  seconds: number;
  reason: string;
}

export type Message = UIMessage<MessageMetadata>;
export type Part = Message["parts"][number];

export type ToolState =
  | "input-streaming"
  | "input-available"
  | "approval-requested"
  | "approval-responded"
  | "output-available"
  | "output-error"
  | "output-denied";

/** A tool part, with what its states have in common. */
export interface ToolPart {
  type: string;
  toolName?: string;
  toolCallId: string;
  state: ToolState;
  input?: unknown;
  rawInput?: unknown;
  output?: unknown;
  errorText?: string;
  approval?: { id: string; approved?: boolean; reason?: string };
}

export const isTool = (part: { type: string }): part is ToolPart => part.type === "dynamic-tool" || part.type.startsWith("tool-");

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is called: `execute` is an envelope around the call that is meant. */
export function callOf(part: ToolPart): { tool: string; input: Record<string, unknown> } {
  const tool = part.toolName ?? part.type.slice("tool-".length);
  const input = isObject(part.input) ? part.input : {};
  if (tool === "execute" && typeof input["name"] === "string") {
    return { tool: input["name"], input: isObject(input["input"]) ? input["input"] : {} };
  }
  return { tool, input };
}

/** Text of a message, its blocks one after the other. */
export function textOf(message: Message): string {
  return message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** Data of the last part with this name. */
export function dataOf<Data>(message: Message, name: string): Data | undefined {
  const part = message.parts.findLast(({ type }) => type === `data-${name}`);
  return part === undefined ? undefined : (part as { data?: Data }).data;
}

/** Reasons for asking, by tool call. */
export function reasonsOf(message: Message): Record<string, string> {
  const reasons: Record<string, string> = {};
  for (const part of message.parts) {
    if (part.type !== "data-approval") continue;
    const data = (part as { data?: Partial<ApprovalReason> }).data;
    if (typeof data?.toolCallId === "string" && typeof data.reason === "string") reasons[data.toolCallId] = data.reason;
  }
  return reasons;
}

/** Calls that wait for the user: cards to approve, and questions. Only the last message has any. */
export function waitingCalls(message: Message | undefined): ToolPart[] {
  if (message?.role !== "assistant") return [];
  return message.parts.filter((part) => isTool(part) && part.state === "approval-requested") as unknown as ToolPart[];
}

const COMPARED = ["state", "input", "output", "errorText", "approval"] as const;
const snapshots = new WeakMap<object, ToolPart>();

/**
 * A copy of a tool part that is the same as long as the part says the same. The AI SDK changes parts in
 * place, and what shows them has to see that something changed.
 */
export function snapshotOf(part: ToolPart): ToolPart {
  const known = snapshots.get(part);
  if (known !== undefined && COMPARED.every((name) => known[name] === part[name])) return known;
  const copy = { ...part };
  snapshots.set(part, copy);
  return copy;
}
