// The module in Data Studio of an older Directus. In the newest all of its flows are tried, by tests/browser.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { setCeiling } from "../sdk/harness.mjs";
import { eventually } from "../sdk/process.mjs";
import { freshPage, screenshot, signIn, startBrowser } from "./browser.mjs";
import { VERSIONS } from "./directus.mjs";
import { MODEL, startAll } from "./palisade.mjs";
import { USERS } from "./seeds/newsroom.mjs";

const says = (text) => ({ answer: "message", text });
const rename = (title) => ({
  answer: "message",
  tool_calls: [{ name: "items", arguments: { action: "update", collection: "articles", keys: ["3"], data: { title } } }],
});

for (const version of VERSIONS.slice(1)) {
  describe(`The page in Directus ${version}`, () => {
    let all;
    let browser;
    let cookies;
    let fresh;
    let page;
    let chat;
    let shots = 0;

    before(async () => {
      all = await startAll({ version });
      browser = await startBrowser();
      cookies = await signIn(browser, all.directus.url, USERS.editor);
    });
    beforeEach(async () => {
      fresh = await freshPage(browser, cookies);
      page = fresh.page;
      chat = page.locator(".palisade-chat");
    });
    afterEach(async (context) => {
      shots += 1;
      await screenshot(page, `page-${version}-${shots}-${context.name.replaceAll(/\W+/g, "-")}`);
      cookies = await fresh.close();
      assert.deepEqual(fresh.complaints, [], "the browser's console");
    });
    after(async () => {
      await browser?.close();
      await all?.stop();
    });

    const script = (...steps) => all.fake.script(MODEL, { steps });
    const title = async () => (await all.directus.request("GET", "/items/articles/3?fields=title")).title;
    const button = (name) => chat.getByRole("button", { name, exact: true });
    const shows = (text) => chat.locator("article").getByText(text).first().waitFor();
    const open = async () => {
      await page.goto(`${all.directus.url}/admin/palisade`);
      await chat.locator(`form[data-model="openai/${MODEL}"]`).waitFor();
    };
    const say = async (text) => {
      await page.getByLabel("Message", { exact: true }).fill(text);
      await page.keyboard.press("Enter");
    };

    test("approve, deny, always allow, by keyboard", async () => {
      await open();
      await script(rename("Approved"), says("Renamed."));
      await say("Rename article 3");
      await button("Approve").focus();
      await page.keyboard.press("Enter");
      await shows("Renamed.");
      assert.equal(await title(), "Approved");

      await script(rename("Denied"), says("As you wish."));
      await say("Rename it again");
      await button("Deny").click();
      await shows("As you wish.");
      assert.equal(await title(), "Approved");

      await script(rename("First"), says("Once."));
      await say("And again");
      await button("Approve").waitFor();
      assert.equal(await button("Always allow").count(), 0, "the administrator has allowed no always yet");
      await setCeiling(`${all.directus.url}/palisade`, all.directus.token, "items", "always");
      await open();
      await button("Always allow").click();
      await shows("Once.");
      await script(rename("Second"), says("Twice."));
      await say("One last time");
      await shows("Twice.");
      assert.equal(await title(), "Second");
    });

    test("who writes on has not approved", async () => {
      await open();
      await script(rename("Never"), says("Not reached."));
      await say("Rename article 3");
      await button("Approve").waitFor();
      await script(says("Then not."));
      await say("Forget it");
      await shows("Then not.");
      await shows("not allowed");
      assert.notEqual(await title(), "Never");
    });

    test("stop", async () => {
      await open();
      await all.fake.script(MODEL, { steps: [{ ...says("word ".repeat(500)), delay_ms: 30 }] });
      await say("Talk");
      await shows(/word word/);
      await button("Stop").click();
      await all.fake.ended("client-closed");
      await button("Send").waitFor();
    });

    test("on a telephone all of it is in the window", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await open();
      const place = () =>
        page.evaluate(() => ({
          bottom: Math.round(document.querySelector(".palisade-chat form.composer").getBoundingClientRect().bottom),
          width: document.documentElement.scrollWidth,
        }));
      await eventually(async () => (await place()).bottom <= 844 && (await place()).width <= 390, {
        what: "the composer in the window",
        describe: async () => JSON.stringify(await place()),
      });
    });

    test("an error is said, and trying again helps", async () => {
      await open();
      await script({ answer: "error", status: 401 });
      await say("Hello");
      await page.getByRole("alert").getByText(/provider/i).waitFor();
      await script(says("Well again."));
      await button("Try again").click();
      await shows("Well again.");
    });
  });
}
