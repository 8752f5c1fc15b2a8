// A conversation with the host: what was said, what is happening, and what can be done.
import { computed, ref } from "vue";

import { chunksOf } from "./events.ts";
import { isAnswered, isTool, type Message, MessageReader, type ToolPart } from "./message.ts";

export interface Model {
  provider: string;
  model: string;
  name: string | null;
}

/** Where Directus is mounted, `/` for most. */
const ROOT = location.pathname.split("/admin", 1)[0] ?? "";

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${ROOT}/palisade${path}`, { credentials: "same-origin", ...options });
  if (response.ok) return response;
  const body = (await response.json().catch(() => undefined)) as { errors?: { message?: string }[] } | undefined;
  throw new Error(body?.errors?.[0]?.message ?? `The assistant answered with status ${response.status}.`);
}

export async function loadModels(): Promise<Model[]> {
  const { data } = (await (await ask("/ai/models")).json()) as { data: Model[] };
  return data;
}

export function useConversation() {
  const messages = ref<Message[]>([]);
  const error = ref<string>();
  const turn = ref<AbortController>();
  const isRunning = computed(() => turn.value !== undefined);
  /** Tools that the user needn't be asked about again, in this conversation. */
  const approvals = ref<Record<string, "always">>({});
  const chosen = ref<Model>();

  async function run(): Promise<void> {
    const model = chosen.value;
    if (model === undefined || turn.value !== undefined) return;
    const stopping = new AbortController();
    turn.value = stopping;
    error.value = undefined;
    try {
      // No list of tools: all that this user may call.
      const body = JSON.stringify({
        provider: model.provider,
        model: model.model,
        toolApprovals: approvals.value,
        messages: messages.value,
      });
      const response = await ask("/ai/chat", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: stopping.signal,
      });
      if (response.body === null) throw new Error("The assistant gave no answer.");
      const reader = new MessageReader(answer());
      for await (const chunk of chunksOf(response.body)) reader.read(chunk);
    } catch (problem) {
      if (!stopping.signal.aborted) error.value = problem instanceof Error ? problem.message : String(problem);
    } finally {
      dropUnfinished();
      turn.value = undefined;
    }
  }

  /** A call whose input never came whole is no call. */
  function dropUnfinished(): void {
    const last = messages.value.at(-1);
    if (last) last.parts = last.parts.filter((part) => !isTool(part) || part.state !== "input-streaming");
  }

  /** The message that the stream writes: a turn that went on after an approval writes the same one. */
  function answer(): Message {
    if (messages.value.at(-1)?.role !== "assistant") {
      messages.value.push({ id: crypto.randomUUID(), role: "assistant", parts: [] });
    }
    return messages.value.at(-1) as Message;
  }

  function send(text: string): Promise<void> {
    settle();
    messages.value.push({ id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text }] });
    return run();
  }

  /** Who writes on instead of answering has not approved. */
  function settle(): void {
    for (const part of messages.value.at(-1)?.parts ?? []) {
      if (!isTool(part) || part.state !== "approval-requested" || part.approval === undefined) continue;
      part.approval.approved = false;
      part.state = "output-denied";
    }
  }

  async function respond(part: ToolPart, approved: boolean, always?: string): Promise<void> {
    if (part.approval === undefined || part.state !== "approval-requested") return;
    if (always !== undefined) approvals.value[always] = "always";
    part.approval.approved = approved;
    part.state = "approval-responded";
    if (isAnswered(messages.value.at(-1))) await run();
  }

  /** Asks again what failed: half an answer is not part of the question. */
  function retry(): Promise<void> {
    const last = messages.value.at(-1);
    if (last?.role === "assistant" && !isAnswered(last)) messages.value.pop();
    return run();
  }

  function clear(): void {
    turn.value?.abort();
    messages.value = [];
    approvals.value = {};
    error.value = undefined;
  }

  const stop = (): void => turn.value?.abort();
  return { messages, error, isRunning, chosen, send, respond, retry, stop, clear };
}
