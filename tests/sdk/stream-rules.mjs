// The rules of the UI message stream, version 1, that its schema cannot express: framing, order, and
// which chunk may stand where.
import { asSchema, uiMessageChunkSchema } from "ai";

const schema = asSchema(uiMessageChunkSchema);

/**
 * Takes a body apart into its chunks and the comments between them.
 *
 * Each event is one `data:` line and an empty line; `[DONE]` is the last.
 */
export function parseBody(body) {
  const broken = (reason) => new Error(`${reason}\n${body}`);
  if (!body.endsWith("\n\n")) throw broken("the stream ends within an event");
  const frames = body.slice(0, -2).split("\n\n");
  const events = frames.filter((frame) => !frame.startsWith(":"));
  for (const event of events) {
    if (!event.startsWith("data: ") || /[\r\n]/.test(event)) throw broken(`not one data line: ${JSON.stringify(event)}`);
  }
  const data = events.map((event) => event.slice("data: ".length));
  if (data.pop() !== "[DONE]") throw broken("the stream doesn't end with [DONE]");
  if (data.includes("[DONE]")) throw broken("[DONE] stands before the end");
  return data.map((text) => JSON.parse(text));
}

/** Validates every chunk against the AI SDK's own schema. */
export async function checkSchema(chunks) {
  for (const chunk of chunks) {
    const { success, error } = await schema.validate(chunk);
    if (!success) throw new Error(`not a chunk: ${JSON.stringify(chunk)}\n${error.message}`);
  }
}

/** Tool calls of a message, by id: their type and state. */
function toolCalls(message) {
  const calls = new Map();
  for (const part of message?.parts ?? []) {
    if (part.toolCallId === undefined) continue;
    const dynamic = part.type === "dynamic-tool";
    calls.set(part.toolCallId, { name: dynamic ? part.toolName : part.type.slice("tool-".length), dynamic, state: part.state });
  }
  return calls;
}

const SETTLED = ["output-available", "output-error", "output-denied"];

/**
 * Checks the order of the chunks of one answer.
 *
 * `continued` is the assistant message that the request ended with, where the answer continues one;
 * `clientTools` are the tools that the client runs, which may stay without a result.
 */
export function checkOrder(chunks, { continued, clientTools = [] } = {}) {
  const calls = toolCalls(continued);
  const posted = new Set(calls.keys());
  const open = { text: new Set(), reasoning: new Set() };
  let inStep = false;
  let steps = 0;
  let state = "before"; // before → running → finished | failed
  let index = -1;
  let stepCalls = new Set();
  const require = (condition, reason) => {
    if (!condition) {
      const around = chunks.map((chunk, at) => `${at === index ? "→" : " "} ${JSON.stringify(chunk)}`);
      throw new Error(`chunk ${index}: ${reason}\n${around.join("\n")}`);
    }
  };
  const known = (chunk) => {
    const call = calls.get(chunk.toolCallId);
    require(call, "a tool call that nobody knows");
    return call;
  };
  const settle = (chunk, to, from) => {
    const call = known(chunk);
    require(from.includes(call.state), `a call in state ${call.state} becomes ${to}`);
    require((chunk.dynamic ?? false) === call.dynamic || chunk.dynamic === undefined, "the dynamic flag changes");
    if (!posted.has(chunk.toolCallId)) require(inStep && stepCalls.has(chunk.toolCallId), "a result outside the step of its call");
    else require(!inStep, "the result of a posted call within a step");
    call.state = to;
  };

  for (const chunk of chunks) {
    index += 1;
    const { type } = chunk;
    require(state !== "failed", "something follows an error");
    if (type === "start") {
      require(state === "before", "start is not the first chunk, or there are two");
      require(!continued || chunk.messageId === undefined || chunk.messageId === continued.id, "a continuation renames its message");
      state = "running";
      continue;
    }
    require(state !== "before", "the first chunk is not start");
    if (state === "finished") {
      require(type.startsWith("data-") || type === "message-metadata", "something follows finish");
      continue;
    }
    const [kind, action] = [type.split("-")[0], type.slice(type.indexOf("-") + 1)];
    switch (type) {
      case "start-step":
        require(!inStep, "a step within a step");
        inStep = true;
        steps += 1;
        stepCalls = new Set();
        break;
      case "finish-step":
        require(inStep, "the end of a step outside a step");
        require(open.text.size + open.reasoning.size === 0, "a step ends while a text is open");
        for (const id of stepCalls) {
          const { state: at, name } = calls.get(id);
          const waits = at === "approval-requested" || (at === "input-available" && clientTools.includes(name));
          require(waits || SETTLED.includes(at), `a step ends while call ${id} is ${at}`);
        }
        inStep = false;
        break;
      case "text-start":
      case "reasoning-start":
        require(inStep, "text outside a step");
        require(!open[kind].has(chunk.id), "an id that is open already");
        open[kind].add(chunk.id);
        break;
      case "text-delta":
      case "reasoning-delta":
      case "text-end":
      case "reasoning-end":
        require(open[kind].has(chunk.id), "an id that isn't open");
        if (action === "end") open[kind].delete(chunk.id);
        break;
      case "tool-input-start":
        require(inStep, "a tool call outside a step");
        require(!calls.has(chunk.toolCallId), "a tool call id that was used before in this message");
        calls.set(chunk.toolCallId, { name: chunk.toolName, dynamic: chunk.dynamic ?? false, state: "input-streaming" });
        stepCalls.add(chunk.toolCallId);
        break;
      case "tool-input-delta":
        require(known(chunk).state === "input-streaming", "arguments of a call that has them already");
        break;
      case "tool-input-available":
      case "tool-input-error": {
        require(inStep, "a tool call outside a step");
        if (!calls.has(chunk.toolCallId)) {
          calls.set(chunk.toolCallId, { name: chunk.toolName, dynamic: chunk.dynamic ?? false, state: "input-streaming" });
          stepCalls.add(chunk.toolCallId);
        }
        const call = known(chunk);
        require(call.state === "input-streaming", `arguments of a call in state ${call.state}`);
        require(call.name === chunk.toolName, "the tool's name changes");
        require(call.dynamic === (chunk.dynamic ?? false), "the dynamic flag changes");
        call.state = type === "tool-input-error" ? "input-error" : "input-available";
        break;
      }
      case "tool-approval-request":
        // An answer that no longer counts is asked for again, before the first step.
        require(
          known(chunk).state === (posted.has(chunk.toolCallId) ? "approval-responded" : "input-available"),
          "an approval is asked for a call that cannot have one",
        );
        require(inStep === !posted.has(chunk.toolCallId), "an approval is asked for outside the step of its call");
        known(chunk).state = "approval-requested";
        break;
      case "tool-output-available":
        settle(chunk, chunk.preliminary ? "input-available" : "output-available", ["input-available", "approval-responded"]);
        break;
      case "tool-output-error":
        settle(chunk, "output-error", ["input-available", "input-error", "approval-responded"]);
        break;
      case "tool-output-denied":
        settle(chunk, "output-denied", ["input-available", "approval-requested", "approval-responded"]);
        break;
      case "finish":
        require(!inStep, "finish within a step");
        require(steps > 0 || posted.size > 0, "finish without a step");
        state = "finished";
        break;
      case "error":
        state = "failed";
        break;
      default:
        require(
          /^(source-|file$|data-|message-metadata$|abort$)/.test(type),
          "a chunk of a type that this protocol version doesn't have",
        );
    }
  }
  index = chunks.length;
  require(state === "finished" || state === "failed", "the stream ends without finish or error");
}

/** All rules at once, for a response body. Gives the chunks. */
export async function checkBody(body, context) {
  const chunks = parseBody(body);
  await checkSchema(chunks);
  checkOrder(chunks, context);
  return chunks;
}
