// Messages as the AI SDK writes them, and what the chunks of a stream make of them.

export interface TextPart {
  type: "text" | "reasoning";
  text: string;
  state?: "streaming" | "done";
  providerMetadata?: unknown;
}

export interface ToolPart {
  /** `tool-NAME`, or `dynamic-tool` with a name beside it. */
  type: string;
  toolName?: string;
  toolCallId: string;
  state:
    | "input-streaming"
    | "input-available"
    | "approval-requested"
    | "approval-responded"
    | "output-available"
    | "output-error"
    | "output-denied";
  input?: unknown;
  output?: unknown;
  errorText?: string;
  approval?: { id: string; approved?: boolean };
  callProviderMetadata?: unknown;
}

export interface OtherPart {
  type: string;
  [key: string]: unknown;
}

export type Part = TextPart | ToolPart | OtherPart;

export interface Message {
  id: string;
  role: "user" | "assistant";
  parts: Part[];
}

export interface Chunk {
  type: string;
  [key: string]: unknown;
}

export const isText = (part: Part): part is TextPart => part.type === "text" || part.type === "reasoning";
export const isTool = (part: Part): part is ToolPart => part.type === "dynamic-tool" || part.type.startsWith("tool-");
export const toolName = (part: ToolPart): string => part.toolName ?? part.type.slice("tool-".length);

/** Whether the assistant has all answers that it asked for, so that the turn can go on. */
export function isAnswered(message: Message | undefined): boolean {
  if (message?.role !== "assistant") return false;
  const lastStep = message.parts.slice(message.parts.findLastIndex((part) => part.type === "step-start") + 1);
  const tools = lastStep.filter(isTool);
  return tools.some(({ state }) => state === "approval-responded") && tools.every(({ state }) => state !== "approval-requested");
}

/** Turns the chunks of one stream into parts of one message. */
export class MessageReader {
  readonly #message: Message;
  /** Texts that are being written, by their id, which is theirs for one step only. */
  readonly #open = new Map<string, TextPart>();
  /** Input of tool calls as it comes, by call. */
  readonly #inputs = new Map<string, string>();

  constructor(message: Message) {
    this.#message = message;
  }

  /** Takes one chunk. An `error` chunk throws what it says. */
  read(chunk: Chunk): void {
    const { type } = chunk;
    if (type === "error") throw new Error(String(chunk["errorText"]));
    if (type === "start-step") this.#message.parts.push({ type: "step-start" });
    else if (type === "finish-step") this.#open.clear();
    else if (type.startsWith("text-") || type.startsWith("reasoning-")) this.#readText(chunk);
    else if (type.startsWith("tool-")) this.#readTool(chunk);
    else if (type.startsWith("data-") || type === "file" || type.startsWith("source-")) this.#readOther(chunk);
  }

  #readText(chunk: Chunk): void {
    const [kind, what] = chunk.type.split("-") as ["text" | "reasoning", string];
    const key = `${kind} ${chunk["id"]}`;
    if (what === "start") {
      this.#message.parts.push({ type: kind, text: "", state: "streaming" });
      // Read back, because the page watches what stands in the message.
      this.#open.set(key, this.#message.parts.at(-1) as TextPart);
    }
    const part = this.#open.get(key);
    if (part === undefined) return;
    if (what === "delta") part.text += String(chunk["delta"]);
    if (what === "end") part.state = "done";
    if (chunk["providerMetadata"] !== undefined) part.providerMetadata = chunk["providerMetadata"];
  }

  #readTool(chunk: Chunk): void {
    const part = this.#tool(chunk);
    if (part === undefined) return;
    switch (chunk.type) {
      case "tool-input-delta":
        this.#inputs.set(part.toolCallId, (this.#inputs.get(part.toolCallId) ?? "") + String(chunk["inputTextDelta"]));
        return;
      case "tool-input-available":
        Object.assign(part, { state: "input-available", input: chunk["input"] });
        if (chunk["providerMetadata"] !== undefined) part.callProviderMetadata = chunk["providerMetadata"];
        return;
      case "tool-input-error":
        Object.assign(part, { state: "output-error", input: chunk["input"], errorText: chunk["errorText"] });
        return;
      case "tool-approval-request":
        Object.assign(part, { state: "approval-requested", approval: { id: String(chunk["approvalId"]) } });
        return;
      case "tool-output-available":
        Object.assign(part, { state: "output-available", output: chunk["output"] });
        return;
      case "tool-output-error":
        Object.assign(part, { state: "output-error", errorText: chunk["errorText"] });
        return;
      case "tool-output-denied":
        part.state = "output-denied";
    }
  }

  /** The part of a call. A chunk that brings the name of the tool may be the first of its call. */
  #tool(chunk: Chunk): ToolPart | undefined {
    const id = String(chunk["toolCallId"]);
    const found = this.#message.parts.filter(isTool).find(({ toolCallId }) => toolCallId === id);
    const name = chunk["toolName"];
    if (found !== undefined || typeof name !== "string") return found;
    const named = chunk["dynamic"] === true ? { type: "dynamic-tool", toolName: name } : { type: `tool-${name}` };
    this.#message.parts.push({ ...named, toolCallId: id, state: "input-streaming", input: undefined });
    return this.#message.parts.at(-1) as ToolPart;
  }

  #readOther(chunk: Chunk): void {
    if (chunk["transient"] === true) return;
    const { parts } = this.#message;
    const same = chunk["id"] === undefined ? -1 : parts.findIndex((part) => part.type === chunk.type && "id" in part && part["id"] === chunk["id"]);
    if (same >= 0) parts[same] = { ...chunk };
    else parts.push({ ...chunk });
  }
}
