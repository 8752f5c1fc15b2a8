// What rows of the ledger say about an answer.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isComplete, type LedgerRow, summarise } from "../../src/ui/sent/rows.ts";

const EMPTY: LedgerRow = {
  time: "2026-01-31T12:00:00Z",
  turn: "t",
  kind: "turn",
  tool: null,
  tool_call_id: null,
  provider: null,
  model: null,
  region: null,
  collections: [],
  fields: [],
  items: null,
  bytes_sent: null,
  bytes_received: null,
  input_tokens: null,
  output_tokens: null,
  cached_tokens: null,
  reasoning_tokens: null,
  cost_micros: null,
  outcome: "ok",
  reason: null,
};
const call = (more: Partial<LedgerRow> = {}): LedgerRow => ({ ...EMPTY, kind: "provider_call", provider: "p", model: "m", bytes_sent: 100, cost_micros: 5, ...more });
const read = (more: Partial<LedgerRow> = {}): LedgerRow => ({ ...EMPTY, kind: "data_operation", tool: "items", collections: ["articles"], reason: "read", ...more });

test("what was refused, denied or failed is withheld, and counts as nothing that was used", () => {
  const { touched, withheld } = summarise([
    read({ outcome: "FORBIDDEN" }),
    { ...EMPTY, kind: "refusal", tool: "items", outcome: "DISABLED" },
    { ...EMPTY, kind: "approval_denied", tool: "items", reason: "update" },
    { ...EMPTY, kind: "approval_requested", tool: "items" },
  ]);
  assert.deepEqual(touched, []);
  assert.deepEqual(withheld.map(({ outcome }) => outcome), ["FORBIDDEN", "DISABLED", "DENIED"]);
});

test("calls are summed by provider, model and region", () => {
  const { recipients } = summarise([call(), call(), call({ region: "eu" })]);
  assert.deepEqual(recipients.map(({ region, calls, bytesSent, costMicros }) => [region, calls, bytesSent, costMicros]), [
    [null, 2, 200, 10],
    ["eu", 1, 100, 5],
  ]);
});

test("a sum with a call of unknown price is unknown", () => {
  for (const rows of [[call(), call({ cost_micros: null })], [call({ cost_micros: null }), call()]]) {
    assert.equal(summarise(rows).recipients[0]?.costMicros, undefined);
  }
});

test("fields stand with their own collection, each once; items with the one that was asked for", () => {
  const { touched } = summarise([
    read({ collections: ["articles", "authors"], fields: ["articles.title", "authors.name"], items: 3 }),
    read({ fields: ["articles.title", "articles.id"], items: 2 }),
  ]);
  assert.deepEqual(touched.map(({ collection, fields, items }) => [collection, fields, items]), [
    ["articles", ["title", "id"], 5],
    ["authors", ["name"], 0],
  ]);
});

test("addresses that tools asked stand apart from the provider's", () => {
  const { reached } = summarise([call({ endpoint: "https://provider.example" }), { ...EMPTY, kind: "tool_request", tool: "weather", endpoint: "https://api.example", bytes_sent: 7 }]);
  assert.deepEqual(reached, [{ tool: "weather", endpoint: "https://api.example", bytesSent: 7 }]);
});

test("a record is complete when the end of each turn is in it", () => {
  assert.equal(isComplete([call()], ["t"]), false);
  assert.equal(isComplete([call(), EMPTY], ["t"]), true);
  assert.equal(isComplete([EMPTY], ["t", "u"]), false);
});
