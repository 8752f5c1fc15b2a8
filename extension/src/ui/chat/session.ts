// One open conversation: the AI SDK's chat, and what the host says beside the messages.
import { Chat } from "@ai-sdk/vue";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type FileUIPart,
  type FinishReason,
} from "ai";
import { computed, reactive, ref, shallowRef, toRaw, watch, type ComputedRef } from "vue";

import { modelKey } from "../api/assistant.ts";
import type { ApiClient } from "../api/client.ts";
import { explain } from "../api/errors.ts";
import { t } from "../i18n/index.ts";
import { paced } from "./paced.ts";
import { isTool, type Attachment, type Message, type Progress, type Retry, type ToolPart } from "./parts.ts";
import { turnBody, type TurnSettings } from "./request.ts";
import { settled, withoutUnfinished } from "./settle.ts";

export interface Question {
  text: string;
  files: FileUIPart[];
  attachments: Attachment[];
  thumbnails: Record<string, string>;
}

export interface SessionOptions {
  id: string;
  messages: Message[];
  api: ApiClient;
  settings: () => TurnSettings;
  /** Called when there is something to keep: at the end of a turn, and now and then during one. */
  onChange: (messages: Message[]) => void;
}

const KEEP_EVERY_MS = 2000;

export class ChatSession {
  readonly id: string;
  /** The messages as they were when the last frame was painted. */
  readonly messages = shallowRef<readonly Message[]>([]);
  readonly progress = reactive<Record<string, Progress>>({});
  readonly retry = ref<Retry>();
  readonly isRunning: ComputedRef<boolean>;
  /** Nothing has come yet. */
  readonly isWaiting: ComputedRef<boolean>;
  readonly error: ComputedRef<string | undefined>;
  readonly #chat: Chat<Message>;
  readonly #options: SessionOptions;
  readonly #stopWatching: (() => void)[] = [];
  /** The user has answered something that the turn waited for. */
  #mayGoOn = false;
  #stopped = false;
  #isPainting = false;
  #isDisposed = false;
  #keptAt = 0;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.#options = options;
    const api = options.api;
    this.#chat = new Chat<Message>({
      id: options.id,
      messages: options.messages,
      generateId: () => crypto.randomUUID(),
      sendAutomaticallyWhen: (state) => this.#goesOn(state),
      transport: new DefaultChatTransport<Message>({
        api: api.address("assistant", "/ai/chat"),
        fetch: (address, init) => this.#fetch(String(address), init),
        prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => ({
          body: { id, trigger, ...(messageId !== undefined && { messageId }), ...turnBody(messages, options.settings()) },
        }),
      }),
      onData: ({ type, data }) => this.#onData(type, data),
      onFinish: ({ isAbort, isDisconnect, isError, finishReason }) => this.#onFinish(isAbort || isDisconnect || isError, finishReason),
    });
    this.isRunning = computed(() => ["submitted", "streaming"].includes(this.#chat.status));
    this.isWaiting = computed(() => this.#chat.status === "submitted");
    this.error = computed(() => this.#chat.error && explain(this.#chat.error));
    this.messages.value = [...options.messages];
    this.#stopWatching.push(
      // Each chunk makes the last message anew; what is shown follows once a frame.
      watch(() => [this.#chat.messages, this.#chat.messages.at(-1)], () => this.#paintSoon(), { flush: "sync" }),
    );
  }

  async send({ text, files, attachments, thumbnails }: Question): Promise<void> {
    this.#settle();
    const metadata = {
      at: Date.now(),
      ...(attachments.length > 0 && { attachments }),
      ...(Object.keys(thumbnails).length > 0 && { thumbnails }),
    };
    const parts: Message["parts"] = [...files, ...(text === "" ? [] : [{ type: "text" as const, text }])];
    await this.#run(() => this.#chat.sendMessage({ role: "user", parts, metadata }));
  }

  /** Asks a question of before anew, in other words; what came after it is gone. */
  async resend(messageId: string, text: string): Promise<void> {
    const at = this.#chat.messages.findIndex(({ id }) => id === messageId);
    const old = this.#chat.messages[at];
    if (old === undefined) return;
    const files = old.parts.filter(({ type }) => type === "file") as FileUIPart[];
    this.#chat.messages = this.#chat.messages.slice(0, at);
    await this.send({ text, files, attachments: old.metadata?.attachments ?? [], thumbnails: old.metadata?.thumbnails ?? {} });
  }

  /** Asks the last question again, without what was answered. */
  async again(): Promise<void> {
    const last = this.#chat.messages.at(-1);
    if (last === undefined) return;
    if (last.role === "assistant" && this.#waitsForHost(last)) {
      // The answers to approvals were not lost, only what should have followed them.
      await this.#run(() => this.#chat.sendMessage());
      return;
    }
    await this.#run(() => (last.role === "assistant" ? this.#chat.regenerate() : this.#chat.sendMessage()));
  }

  async answerApproval(approvalId: string, approved: boolean, reason?: string): Promise<void> {
    this.#mayGoOn = true;
    await this.#chat.addToolApprovalResponse({ id: approvalId, approved, ...(reason !== undefined && { reason }) });
    this.#keep();
  }

  async answerQuestion(part: ToolPart, output: unknown): Promise<void> {
    this.#mayGoOn = true;
    await this.#chat.addToolOutput({ tool: part.type.slice("tool-".length) as never, toolCallId: part.toolCallId, output: output as never });
    this.#keep();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#chat.stop();
  }

  dismissError(): void {
    this.#chat.clearError();
  }

  dispose(): void {
    for (const stop of this.#stopWatching) stop();
    this.#isDisposed = true;
    if (this.isRunning.value) {
      this.#interrupt();
      void this.stop();
    }
  }

  async #run(turn: () => Promise<void>): Promise<void> {
    this.#stopped = false;
    const end = turn();
    // The question is there by now, whatever becomes of the answer.
    this.#keep();
    await end;
  }

  /** Posts by itself only when the user has answered: never because of how an answer ends. */
  #goesOn(state: { messages: Message[] }): boolean {
    if (!this.#mayGoOn || this.#stopped) return false;
    const complete = lastAssistantMessageIsCompleteWithApprovalResponses(state) || lastAssistantMessageIsCompleteWithToolCalls(state);
    if (complete) this.#mayGoOn = false;
    return complete;
  }

  #waitsForHost(message: Message): boolean {
    return message.parts.some((part) => isTool(part) && (part as ToolPart).state === "approval-responded");
  }

  async #fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const response = await this.#options.api.send(address, init);
    if (response.body === null) return response;
    return new Response(paced(response.body as ReadableStream<Uint8Array<ArrayBuffer>>), response);
  }

  #onData(type: string, data: unknown): void {
    if (type === "data-retry") this.retry.value = data as Retry;
    const progress = data as Progress | undefined;
    if (type === "data-progress" && progress?.toolCallId !== undefined) this.progress[progress.toolCallId] = progress;
  }

  #onFinish(broken: boolean, reason: FinishReason | undefined): void {
    this.retry.value = undefined;
    for (const call of Object.keys(this.progress)) delete this.progress[call];
    if (broken || this.#stopped) this.#interrupt();
    else this.#complete(reason);
    this.#keep();
  }

  /** Notes on the answer which model gave it, and whether something cut it short. */
  #complete(reason: FinishReason | undefined): void {
    const last = this.#chat.messages.at(-1);
    if (last?.role !== "assistant") return;
    const { interrupted: _, cutBy: __, ...metadata } = last.metadata ?? {};
    const model = this.#options.settings().model;
    const cut = reason === "length" || reason === "content-filter" ? { cutBy: reason } : {};
    this.#replaceLast({ ...last, metadata: { ...(model && { model: modelKey(model) }), ...metadata, ...cut } });
  }

  #interrupt(): void {
    const last = this.#chat.messages.at(-1);
    if (last?.role === "assistant") this.#replaceLast(withoutUnfinished(interrupted(last)));
  }

  #settle(): void {
    const last = this.#chat.messages.at(-1);
    if (last?.role === "assistant") this.#replaceLast(settled(last, t("approval.notAnswered"), t("tool.notFinished")));
  }

  #replaceLast(message: Message): void {
    this.#chat.messages = [...this.#chat.messages.slice(0, -1), message];
  }

  #paintSoon(): void {
    if (this.#isPainting) return;
    this.#isPainting = true;
    const paint = (): void => this.#paint();
    // A page in the background has no frames, and is not to be found unfinished.
    if (document.hidden) setTimeout(paint, 100);
    else requestAnimationFrame(paint);
  }

  #paint(): void {
    if (this.#isDisposed) return;
    this.#isPainting = false;
    // Raw, so that showing them doesn't watch each of their values.
    this.messages.value = toRaw(this.#chat.messages).map((message) => toRaw(message));
    if (!this.isRunning.value) return;
    this.retry.value = undefined;
    if (Date.now() - this.#keptAt > KEEP_EVERY_MS) this.#keep();
  }

  #keep(): void {
    this.#keptAt = Date.now();
    const messages = [...this.#chat.messages];
    const last = messages.at(-1);
    // Whoever finds it like this finds half an answer.
    if (this.isRunning.value && last?.role === "assistant") messages.splice(-1, 1, interrupted(last));
    this.#options.onChange(messages);
  }
}

/** The answer with a note that it isn't whole. */
const interrupted = (message: Message): Message => ({ ...message, metadata: { ...message.metadata, interrupted: true } });
