// Rows of the ledger, and what they say about one answer.
import type { ApiClient } from "../api/client.ts";

/** A row as users see it; administrators see more. */
export interface LedgerRow {
  time: string;
  turn: string | null;
  kind: string;
  tool: string | null;
  tool_call_id: string | null;
  provider: string | null;
  model: string | null;
  endpoint?: string | null;
  region: string | null;
  collections: string[];
  fields: string[];
  items: number | null;
  bytes_sent: number | null;
  bytes_received: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  reasoning_tokens: number | null;
  cost_micros: number | null;
  outcome: string;
  reason: string | null;
}

export const loadOwnRows = (api: ApiClient, turns: readonly string[]): Promise<LedgerRow[]> =>
  api.get("assistant", "/ai/ledger", { turn: turns.join(",") });

/** Whether the end of each turn is on record, and with it everything else. */
export function isComplete(rows: readonly LedgerRow[], turns: readonly string[]): boolean {
  return turns.every((turn) => rows.some((row) => row.turn === turn && row.kind === "turn"));
}

/** What went to one model of one provider. */
export interface Recipient {
  provider: string;
  model: string;
  region: string | null;
  calls: number;
  bytesSent: number;
  bytesReceived: number;
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  reasoningTokens: number;
  /** In millionths; undefined if a call had no price. */
  costMicros: number | undefined;
}

/** What was read or written of one collection. */
export interface Touched {
  collection: string;
  action: string;
  tool: string;
  fields: string[];
  items: number;
}

export interface Sent {
  recipients: Recipient[];
  touched: Touched[];
  /** Places beyond the project that files came from or tools asked. */
  reached: { tool: string; endpoint: string; bytesSent: number }[];
  /** Calls that were asked for and did not happen, or failed. */
  withheld: { tool: string; reason: string; outcome: string }[];
}

const WITHHELD = new Set(["refusal", "approval_denied"]);

/** Sums rows up: what left, and what did not. */
export function summarise(rows: readonly LedgerRow[]): Sent {
  const sent: Sent = { recipients: [], touched: [], reached: [], withheld: [] };
  for (const row of rows) {
    if (row.kind === "provider_call") addCall(sent.recipients, row);
    else if (WITHHELD.has(row.kind)) sent.withheld.push(notDone(row));
    else if (row.kind === "data_operation") {
      if (row.outcome === "ok") addOperation(sent.touched, row);
      else sent.withheld.push(notDone(row));
    }
    if (row.kind !== "provider_call" && row.endpoint) {
      sent.reached.push({ tool: row.tool ?? "", endpoint: row.endpoint, bytesSent: row.bytes_sent ?? 0 });
    }
  }
  return sent;
}

function notDone({ tool, reason, outcome, kind }: LedgerRow): Sent["withheld"][number] {
  return { tool: tool ?? "", reason: reason ?? "", outcome: kind === "approval_denied" ? "DENIED" : outcome };
}

function addCall(recipients: Recipient[], row: LedgerRow): void {
  const same = recipients.find((one) => one.provider === row.provider && one.model === row.model && one.region === row.region);
  const recipient = same ?? {
    provider: row.provider ?? "",
    model: row.model ?? "",
    region: row.region,
    calls: 0,
    bytesSent: 0,
    bytesReceived: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    costMicros: 0,
  };
  if (same === undefined) recipients.push(recipient);
  recipient.calls += 1;
  recipient.bytesSent += row.bytes_sent ?? 0;
  recipient.bytesReceived += row.bytes_received ?? 0;
  recipient.inputTokens += row.input_tokens ?? 0;
  recipient.outputTokens += row.output_tokens ?? 0;
  recipient.cachedTokens += row.cached_tokens ?? 0;
  recipient.reasoningTokens += row.reasoning_tokens ?? 0;
  recipient.costMicros = recipient.costMicros === undefined || row.cost_micros === null ? undefined : recipient.costMicros + row.cost_micros;
}

function addOperation(touched: Touched[], row: LedgerRow): void {
  for (const collection of row.collections) {
    const prefix = `${collection}.`;
    const fields = row.fields.filter((field) => field.startsWith(prefix)).map((field) => field.slice(prefix.length));
    const action = row.reason ?? "";
    const same = touched.find((one) => one.collection === collection && one.action === action && one.tool === row.tool);
    // Items are those of the collection that was asked for, the first one.
    const items = collection === row.collections[0] ? (row.items ?? 0) : 0;
    if (same === undefined) {
      touched.push({ collection, action, tool: row.tool ?? "", fields, items });
      continue;
    }
    same.fields = [...new Set([...same.fields, ...fields])];
    same.items += items;
  }
}
