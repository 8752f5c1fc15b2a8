// The pure parts of the settings.
import assert from "node:assert/strict";
import { test } from "node:test";

import { filterQuery, noFilter } from "../../src/ui/admin/ledger/filter.ts";
import { ceilingOf } from "../../src/ui/admin/tools/ceilings.ts";
import type { AdminTool } from "../../src/ui/admin/api.ts";
import { summaryOf } from "../../src/ui/tools-settings/describe.ts";

const TOOL: AdminTool = {
  name: "items",
  description: null,
  source: "built-in",
  readOnly: false,
  destructive: true,
  openWorld: false,
  ceiling: { default: "ask", roles: { editors: "always" } },
};

test("a change of a ceiling comes before what is stored, also when it takes it away", () => {
  assert.equal(ceilingOf(TOOL, undefined, undefined), "ask");
  assert.equal(ceilingOf(TOOL, { default: null, roles: {} }, undefined), null);
  assert.equal(ceilingOf(TOOL, { roles: { editors: null } }, "editors"), null);
  assert.equal(ceilingOf(TOOL, { roles: {} }, "editors"), "always");
  assert.equal(ceilingOf(TOOL, undefined, "readers"), null);
});

test("days are whole days where the administrator is", () => {
  const { since, until } = filterQuery({ ...noFilter(), from: "2026-01-31", to: "2026-01-31" });
  assert.equal(new Date(until ?? "").getTime() - new Date(since ?? "").getTime(), 86_400_000);
  assert.equal(since, new Date(2026, 0, 31).toISOString());
  assert.deepEqual(filterQuery({ ...noFilter(), from: "yesterday" }), {});
});

test("a description is told by its first sentence, without marks and without characters that deceive", () => {
  assert.equal(summaryOf("# Reads **items**. And more.\nMore."), "Reads items.");
  assert.equal(summaryOf("\n\n- one\n- two"), "one");
  assert.equal(summaryOf("safe\u202Eelif.exe"), "safeelif.exe");
  assert.equal(summaryOf(""), "");
});
