// The AI SDK's own chat client, as a page would use it, with every answer checked on its way.
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  readUIMessageStream,
} from "ai";

import { eventually, within } from "./process.mjs";
import { checkBody } from "./stream-rules.mjs";

/** The rule by which Data Studio posts again without the user. */
const sendAutomaticallyWhen = (chat) =>
  lastAssistantMessageIsCompleteWithApprovalResponses(chat) || lastAssistantMessageIsCompleteWithToolCalls(chat);

/** Posts that a conversation may make before it counts as a loop. */
const MOST_POSTS = 8;

const REQUIRED_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-vercel-ai-ui-message-stream": "v1",
  "x-accel-buffering": "no",
};

class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) => (this.messages = this.messages.map((old, at) => (at === index ? structuredClone(message) : old)));
  snapshot = (value) => structuredClone(value);
}

/**
 * A chat with a host.
 *
 * `model` of the fake provider, `token` of the person; `body` is added to each request, `clientTools`
 * are names of tools that the client runs; `prepare` replaces the body as Data Studio does.
 */
export class Chat extends AbstractChat {
  /** One entry for each post: request body, raw answer, and the chunks once they were checked. */
  posts = [];
  #clientTools;

  constructor({ url, token, model, body = {}, clientTools = [], prepare }) {
    const fetchAndKeep = (api, init) => this.#fetch(api, init);
    const named = { provider: "fake", model, ...body };
    super({
      state: new State(),
      sendAutomaticallyWhen,
      transport: new DefaultChatTransport({
        api: `${url}/ai/chat`,
        headers: { authorization: `Bearer ${token}` },
        body: named,
        fetch: fetchAndKeep,
        prepareSendMessagesRequest: prepare && (({ messages }) => ({ body: { ...named, messages } })),
      }),
    });
    this.#clientTools = ["ask_user", ...clientTools];
  }

  async #fetch(api, init) {
    if (this.posts.length >= MOST_POSTS) throw new Error("the client posts again and again");
    const post = { request: JSON.parse(init.body) };
    this.posts.push(post);
    const response = await fetch(api, init);
    post.status = response.status;
    post.headers = response.headers;
    // A copy: the client stops reading at an error chunk, and what stands behind it counts too.
    post.arrived = response.clone().text().then(
      (text) => (post.text = text),
      (error) => (post.broken = init.signal?.aborted ? "aborted" : error),
    );
    return response;
  }

  /** Says something and waits until the client is at rest, its automatic posts included. */
  async say(text) {
    await within(60, "the turn", this.sendMessage({ text }));
    return this.rest();
  }

  /** Answers the approval of a tool call and waits until the client is at rest. */
  async answer(part, approved, reason) {
    await this.addToolApprovalResponse({ id: part.approval.id, approved, reason });
    return this.rest();
  }

  /** Gives the result of a tool that the client runs and waits until the client is at rest. */
  async give(part, output) {
    await this.addToolOutput({ tool: part.type.slice("tool-".length), toolCallId: part.toolCallId, output });
    return this.rest();
  }

  /** Waits until no request is under way and none is about to be, then checks what came. */
  async rest() {
    let quiet = 0;
    await eventually(() => (quiet = ["ready", "error"].includes(this.status) ? quiet + 1 : 0) > 10, {
      seconds: 60,
      what: "the client to come to rest",
      describe: () => JSON.stringify(this.posts, null, 1),
    });
    for (const post of this.posts) {
      await within(30, "the rest of an answer", post.arrived ?? Promise.resolve());
      if (post.broken instanceof Error) throw new Error("the answer broke off", { cause: post.broken });
      if (post.status === 200 && !post.broken && !post.chunks) await this.#check(post);
    }
    return this.last;
  }

  async #check(post) {
    for (const [name, value] of Object.entries(REQUIRED_HEADERS)) {
      if (!post.headers.get(name)?.startsWith(value)) throw new Error(`header ${name}: ${post.headers.get(name)}`);
    }
    if (post.headers.has("content-length") || post.headers.has("content-encoding")) throw new Error("the stream is buffered");
    const last = post.request.messages.at(-1);
    const continued = last.role === "assistant" ? last : undefined;
    post.chunks = await checkBody(post.text, { continued, clientTools: this.#clientTools });
    post.message = await fold(post.text, continued);
  }

  /** The last message of the conversation. */
  get last() {
    return this.messages.at(-1);
  }

  /** Tool parts of the last message. */
  get tools() {
    return this.last.parts.filter((part) => part.toolCallId !== undefined);
  }

  /** The text that stands in the last message. */
  get text() {
    return this.last.parts.filter(({ type }) => type === "text").map(({ text }) => text).join("");
  }

  /** Types of the chunks of the last answer, equal neighbours once. */
  get chunkTypes() {
    return this.posts.at(-1).chunks.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
  }
}

/** Folds an answer with the SDK's reader, on its own and outside a chat. Errors in it are left out. */
async function fold(text, message) {
  const chunks = new DefaultChatTransport().processResponseStream(new Response(text).body);
  let folded;
  for await (const state of readUIMessageStream({ message: structuredClone(message), stream: chunks, onError: () => {} })) folded = state;
  return folded;
}

/** A message of a user. */
export const userMessage = (text, id = "u1") => ({ id, role: "user", parts: [{ type: "text", text }] });

/** Posts a conversation as it is and gives status, raw text and, for a stream, its checked chunks. */
export async function post({ url, token, model, messages, body = {}, clientTools = ["ask_user"] }) {
  const response = await fetch(`${url}/ai/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ provider: "fake", model, messages, ...body }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) return { status: response.status, text };
  const last = messages.at(-1);
  const continued = last.role === "assistant" ? last : undefined;
  return { status: response.status, text, chunks: await checkBody(text, { continued, clientTools }) };
}
