// Turns in which the fake model calls given tools with given arguments, approvals included.
import { randomUUID } from "node:crypto";

import { checkBody } from "../../sdk/stream-rules.mjs";
import { MODEL } from "./host.mjs";

/** What the model says after its tool call. */
export const FINAL_WORDS = "That is all.";

/** A person's turns with a host. */
export class Turns {
  #fake;
  #url;
  #headers;

  /** `headers` are those that say who asks. */
  constructor({ fake, url, token, headers = token ? { authorization: `Bearer ${token}` } : {} }) {
    this.#fake = fake;
    this.#url = url;
    this.#headers = headers;
  }

  /** The same person at the same host. */
  get person() {
    return this.#headers;
  }

  /** Posts a conversation and gives status, error code, and for a stream its checked chunks. */
  async post(messages, { registry = false, model = MODEL, body = {} } = {}) {
    const response = await fetch(`${this.#url}/ai/chat${registry ? "?tool_mode=registry" : ""}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#headers },
      body: JSON.stringify({ provider: "fake", model, messages, ...body }),
      signal: AbortSignal.timeout(90_000),
    });
    const text = await response.text();
    if (!response.ok) return { status: response.status, code: JSON.parse(text).errors[0].extensions.code, text };
    const last = messages.at(-1);
    const continued = last.role === "assistant" ? last : undefined;
    return { status: response.status, chunks: await checkBody(text, { continued, clientTools: ["ask_user"] }) };
  }

  /** Has the model propose one call: the stream's chunks, and what is needed to answer it. */
  async propose(tool, input, { registry = false, model = MODEL, step = {}, body } = {}) {
    const call = registry ? { name: "execute", arguments: { name: tool, input } } : { name: tool, arguments: input };
    await this.#fake.script(model, {
      steps: [{ answer: "message", tool_calls: [call], ...step }, { answer: "message", text: FINAL_WORDS }],
      // By count: an image that a tool gives stands in a message of its own, as if the user spoke again.
      selection: "order",
      after_last: "repeat",
    });
    const question = { id: randomUUID(), role: "user", parts: [{ type: "text", text: `Use ${tool}` }] };
    const answer = await this.post([question], { registry, model, body });
    if (!answer.chunks) return { answer };
    const seen = answer.chunks.find(({ type }) => type === "tool-input-available");
    const request = answer.chunks.find(({ type }) => type === "tool-approval-request");
    return {
      answer,
      question,
      wireTool: call.name,
      toolCallId: seen?.toolCallId,
      input: seen?.input,
      approvalId: request?.approvalId,
      options: { registry, model, body },
    };
  }

  /** Answers a proposal; `change` edits the tool's part as a forger would. */
  async answer(proposal, { approved = true, change = (part) => part } = {}) {
    const part = change({
      type: `tool-${proposal.wireTool}`,
      toolCallId: proposal.toolCallId,
      state: "approval-responded",
      input: structuredClone(proposal.input),
      approval: { id: proposal.approvalId, approved },
    });
    const assistant = { id: randomUUID(), role: "assistant", parts: [{ type: "step-start" }, part] };
    return this.post([proposal.question, assistant], proposal.options);
  }

  /** Runs one call to its end: `{data, url}` or `{error}`, whether it asked first, and all chunks. */
  async call(tool, input, options) {
    const proposal = await this.propose(tool, input, options);
    if (!proposal.answer.chunks) return { refused: proposal.answer };
    const asked = proposal.approvalId !== undefined;
    const { chunks, ...failure } = asked ? await this.answer(proposal) : proposal.answer;
    if (!chunks) return { asked, refused: failure };
    return { asked, proposal, chunks, ...(await this.#result(chunks)) };
  }

  /** The result of the one call in a stream. */
  async #result(chunks) {
    const done = chunks.find(({ type }) => type === "tool-output-available");
    if (done) {
      const { output } = done;
      const linked = output !== null && typeof output === "object" && !Array.isArray(output) && "data" in output && "url" in output;
      return linked ? { data: output.data, url: output.url } : { data: output };
    }
    const failed = chunks.find(({ type }) => type === "tool-output-error");
    return { error: failed?.errorText, told: await this.told() };
  }

  /** The last result of a tool that the model was told. */
  async told() {
    const requests = await this.#fake.requests();
    const results = requests.at(-1)?.body?.messages?.filter(({ role }) => role === "tool") ?? [];
    return results.at(-1)?.content;
  }
}

/** How a stream ended: its last chunk's type, reason, and the texts of its errors. */
export function ending(chunks) {
  const finish = chunks.find(({ type }) => type === "finish");
  return {
    finish: finish?.finishReason,
    errors: chunks.filter(({ type }) => type === "error").map(({ errorText }) => errorText),
    text: chunks.filter(({ type }) => type === "text-delta").map(({ delta }) => delta).join(""),
  };
}
