// What was sent for an answer, from the ledger.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { startFake } from "../sdk/fake.mjs";
import { PEOPLE, startPalisade } from "../sdk/harness.mjs";
import { assertAccessible, PHONE, startBrowser, visit } from "./visit.mjs";

const MODEL = "what-was-sent";
const read = (fields) => ({
  name: "items",
  arguments: { action: "read", collection: "articles", query: { fields, limit: 2 } },
});

describe("What was sent", () => {
  let fake;
  let host;
  let browser;
  let visitor;
  let page;

  before(async () => {
    fake = await startFake();
    host = await startPalisade({ fake, models: [MODEL], catalogue: false, workspace: { approvals: "writes" } });
    browser = await startBrowser();
  });
  beforeEach(async () => {
    await fake.script(MODEL, {
      steps: [
        { answer: "message", tool_calls: [read(["id", "title"]), read(["internal_note"])], tokens: { prompt: 1200, completion: 30, cached: 200 } },
        { answer: "message", text: "Two articles.", tokens: { prompt: 1500, completion: 12 } },
      ],
    });
    visitor = await visit(browser, host, PEOPLE.editor);
    page = visitor.page;
    await page.getByLabel("Message").first().fill("Which articles are there?");
    await page.keyboard.press("Enter");
    await page.getByText("Two articles.").first().waitFor();
    await page.getByRole("button", { name: "What was sent" }).click();
    await page.getByRole("dialog").getByRole("heading", { name: `To fake, model ${MODEL}` }).waitFor();
  });
  afterEach(() => visitor.close());
  after(async () => {
    await browser?.close();
    await host?.stop();
    await fake?.stop();
  });

  test("provider, model, data, tokens and what was withheld stand there", async () => {
    const panel = page.getByRole("dialog");
    const fact = (name) => panel.locator("dl > div").filter({ hasText: name }).locator("dd").innerText();
    await panel.getByText("Database").waitFor({ state: "detached" });
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
    await assertAccessible(page, "sent");
    await page.setViewportSize(PHONE);
    await assertAccessible(page, "sent-phone");
  });
});
