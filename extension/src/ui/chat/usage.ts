// What a conversation used, and what that costs.
import { modelKey, type Model, type Price } from "../api/assistant.ts";
import type { Message, Usage } from "./parts.ts";

export interface Spent {
  input: number;
  output: number;
  /** US dollars; undefined where a model has no known price. */
  cost: number | undefined;
  /** Tokens of the conversation as the model last read it. */
  context: number;
}

const MILLION = 1_000_000;

export function spentOn(messages: readonly Message[], models: readonly Model[]): Spent {
  const spent: Spent = { input: 0, output: 0, cost: 0, context: 0 };
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    const model = models.find((one) => modelKey(one) === message.metadata?.model);
    for (const usage of usages(message)) {
      spent.input += usage.inputTokens;
      spent.output += usage.outputTokens;
      spent.context = usage.contextTokens ?? usage.totalTokens;
      const cost = model?.price ? costOf(usage, model.price) : undefined;
      spent.cost = spent.cost === undefined || cost === undefined ? undefined : spent.cost + cost;
    }
  }
  return spent;
}

/** A turn that went on after an approval has one for each request. */
function usages(message: Message): Usage[] {
  return message.parts.flatMap((part) => {
    const data = part.type === "data-usage" ? (part as { data?: Partial<Usage> }).data : undefined;
    const { inputTokens, outputTokens } = data ?? {};
    if (!Number.isFinite(inputTokens) || !Number.isFinite(outputTokens)) return [];
    return [{ ...data, totalTokens: data?.totalTokens ?? (inputTokens as number) + (outputTokens as number) } as Usage];
  });
}

function costOf(usage: Usage, price: Price): number {
  const cached = usage.cacheReadTokens ?? 0;
  const written = usage.cacheCreationTokens ?? 0;
  const plain = Math.max(0, usage.inputTokens - cached - written);
  const sum = plain * price.input + cached * (price.cached ?? price.input) + written * (price.cache_write ?? price.input) + usage.outputTokens * price.output;
  return sum / MILLION;
}
