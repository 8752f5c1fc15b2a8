// What was sent for an answer, from the ledger.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { assertAccessible, PHONE } from "./accessible.mjs";
import { calls, items, MODEL, PEOPLE, says, startStage } from "./stage.mjs";
const read = (fields) => items({ action: "read", query: { fields, limit: 2 } });

describe("What was sent", () => {
  let stage;
  let host;
  let opened;
  let page;

  before(async () => {
    stage = await startStage({ workspace: { approvals: "writes" } });
    host = stage.host;
  });
  beforeEach(async () => {
    await stage.script(
      { ...calls(read(["id", "title"]), read(["no_such_field"])), tokens: { prompt: 1200, completion: 30, cached: 200 } },
      says("Two articles.", { tokens: { prompt: 1500, completion: 12 } }),
    );
    opened = await stage.open(PEOPLE.editor);
    page = opened.page;
    await opened.say("Which articles are there?");
    await opened.shows("Two articles.");
    await opened.rest();
    await page.getByRole("button", { name: "What was sent" }).click();
    await page.getByRole("dialog").getByRole("heading", { name: `To fake, model ${MODEL}` }).waitFor();
  });
  afterEach((context) => opened.finish(`sent-${context.name}`));
  after(() => stage?.stop());

  test("provider, model, data, tokens and what was withheld stand there", async () => {
    const panel = page.getByRole("dialog");
    const fact = (name) => panel.locator("dl > div").filter({ hasText: name }).locator("dd").innerText();
    assert.equal(await fact("Calls"), "2");
    assert.match(await fact("Input tokens"), /^2,700 \(200 from the cache\)$/);
    assert.match(await fact("Sent"), /kB$/);
    assert.equal(await fact("Region"), "not stated");
    await panel.getByText("articles", { exact: true }).waitFor();
    for (const field of ["id", "title"]) await panel.locator("code").getByText(field, { exact: true }).waitFor();
    await panel.getByText("FORBIDDEN").waitFor();
  });

  test("there is no content in it, and nothing of it is anybody else's", async () => {
    const [turn] = await page.evaluate(async () => {
      const keys = Object.keys(localStorage).filter((key) => key.includes("conversation"));
      const found = keys.flatMap((key) => localStorage.getItem(key).match(/"turns":\{"([0-9a-f-]{36})"/)?.[1] ?? []);
      return found;
    });
    assert.match(turn ?? "", /^[0-9a-f-]{36}$/);
    const rows = await host.get(`/ai/ledger?turn=${turn}`, PEOPLE.editor.token);
    assert.ok(rows.length > 2);
    assert.ok(!JSON.stringify(rows).includes("Which articles"));
    assert.deepEqual(await host.get(`/ai/ledger?turn=${turn}`, PEOPLE.reader.token), []);
    assert.deepEqual(await host.get(`/ai/ledger?turn=${turn}`, PEOPLE.admin.token), []);
  });

  test("can be used by everybody, on a phone too", async () => {
    await assertAccessible(opened, "sent");
    await page.setViewportSize(PHONE);
    await assertAccessible(opened, "sent-phone");
  });
});
