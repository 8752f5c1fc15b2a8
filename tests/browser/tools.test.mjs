// What users decide about tools.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { assertAccessible, PHONE } from "./accessible.mjs";
import { MODEL, PEOPLE, says, startStage } from "./stage.mjs";

describe("Tool settings", () => {
  let stage;
  let host;
  let opened;
  let page;

  before(async () => {
    stage = await startStage();
    host = stage.host;
    await stage.fake.script(MODEL, { steps: [says("Good day.")], after_last: "repeat" });
  });
  beforeEach(async () => {
    opened = await stage.open(PEOPLE.editor);
    page = opened.page;
  });
  afterEach((context) => opened.finish(`tools-${context.name}`));
  after(() => stage?.stop());

  const ceiling = (mode) => stage.setCeiling("items", mode);
  const open = async () => {
    await page.getByRole("button", { name: "Tools", exact: true }).click();
    await page.getByRole("dialog").getByRole("heading", { name: "items", exact: true }).waitFor();
  };
  const items = () => page.getByRole("dialog").getByLabel("items", { exact: true });
  const posted = async (text) => {
    const request = page.waitForRequest((one) => one.method() === "POST" && one.url().endsWith("/ai/chat"));
    await opened.say(text);
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
    await page.getByRole("dialog").getByRole("heading", { name: "schema", exact: true }).waitFor();
    assert.equal(await items().count(), 0, "a tool that is off for all isn't offered");
    await ceiling(null);
  });

  test("what is chosen is posted with each question, and stays", async () => {
    await open();
    await items().selectOption("disabled");
    await page.keyboard.press("Escape");
    assert.deepEqual((await posted("Hello")).toolApprovals, { items: "disabled" });
    await opened.shows("Good day.");
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
    await dialog.getByRole("searchbox").fill("data model");
    await dialog.getByRole("heading", { name: "schema", exact: true }).waitFor();
    assert.equal(await items().count(), 0);
    await dialog.getByRole("searchbox").fill("nothing-of-this-name");
    await dialog.getByText("No tool has these words.").waitFor();
  });

  test("can be used by everybody, on a phone too", async () => {
    await open();
    await assertAccessible(opened, "tool-settings");
    await page.setViewportSize(PHONE);
    await assertAccessible(opened, "tool-settings-phone");
  });
});
