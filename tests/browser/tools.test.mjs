// What users decide about tools.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { startFake } from "../sdk/fake.mjs";
import { PEOPLE, startPalisade } from "../sdk/harness.mjs";
import { assertAccessible, PHONE, startBrowser, visit } from "./visit.mjs";

const MODEL = "tool-settings";

describe("Tool settings", () => {
  let fake;
  let host;
  let browser;
  let visitor;
  let page;

  before(async () => {
    fake = await startFake();
    host = await startPalisade({ fake, models: [MODEL], catalogue: false });
    await fake.script(MODEL, { steps: [{ answer: "message", text: "Good day." }], after_last: "repeat" });
    browser = await startBrowser();
  });
  beforeEach(async () => {
    visitor = await visit(browser, host, PEOPLE.editor);
    page = visitor.page;
  });
  afterEach(() => visitor.close());
  after(async () => {
    await browser?.close();
    await host?.stop();
    await fake?.stop();
  });

  const ceiling = async (mode) => {
    const response = await fetch(`${host.url}/ai/admin/tools/items`, {
      method: "PATCH",
      headers: { "content-type": "application/json", authorization: `Bearer ${PEOPLE.admin.token}` },
      body: JSON.stringify({ default: mode }),
    });
    assert.equal(response.status, 200);
  };
  const open = async () => {
    await page.getByRole("button", { name: "Tools", exact: true }).click();
    await page.getByRole("dialog").getByRole("heading", { name: "items", exact: true }).waitFor();
  };
  const items = () => page.getByRole("dialog").getByLabel("items", { exact: true });
  const posted = async (text) => {
    const request = page.waitForRequest((one) => one.method() === "POST" && one.url().endsWith("/ai/chat"));
    await page.getByLabel("Message").first().fill(text);
    await page.keyboard.press("Enter");
    return (await request).postDataJSON();
  };

  test("no user opens a tool further than the ceiling", async () => {
    await open();
    const always = items().locator("option[value=always]");
    assert.equal(await always.evaluate((option) => option.disabled), true);
    await ceiling("always");
    await page.reload();
    await open();
    assert.equal(await always.evaluate((option) => option.disabled), false);
    await ceiling("disabled");
    await page.reload();
    await page.getByRole("button", { name: "Tools", exact: true }).click();
    await page.getByRole("dialog").getByRole("heading", { name: "files", exact: true }).waitFor();
    assert.equal(await items().count(), 0, "a tool that is off for all isn't offered");
    await ceiling(null);
  });

  test("what is chosen is posted with each question, and stays", async () => {
    await open();
    await items().selectOption("disabled");
    await page.keyboard.press("Escape");
    assert.deepEqual((await posted("Hello")).toolApprovals, { items: "disabled" });
    await page.getByText("Good day.").waitFor();
    await page.reload();
    await open();
    assert.equal(await items().inputValue(), "disabled");
    await items().selectOption("");
    await page.keyboard.press("Escape");
    assert.deepEqual((await posted("Hello again")).toolApprovals, {});
  });

  test("tools are found by their words", async () => {
    await open();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("searchbox").fill("folders");
    await dialog.getByRole("heading", { name: "folders", exact: true }).waitFor();
    assert.equal(await items().count(), 0);
    await dialog.getByRole("searchbox").fill("nothing-of-this-name");
    await dialog.getByText("No tool has these words.").waitFor();
  });

  test("can be used by everybody, on a phone too", async () => {
    await open();
    await assertAccessible(page, "tool-settings");
    await page.setViewportSize(PHONE);
    await assertAccessible(page, "tool-settings-phone");
  });
});
