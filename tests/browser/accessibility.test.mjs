// The chat for everybody: WCAG 2.2 AA as far as a program can tell, in both themes, in two languages,
// on a telephone and with the keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PHONE, violations } from "./accessible.mjs";
import { calls, items, PEOPLE, ROOTS, says, startStage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await startStage({ workspace: { approvals: "writes" } });
});
after(() => stage?.stop());

const check = async (chat, where) => assert.deepEqual(await violations(chat), [], where);

/** Whether something is wider than the window. */
const overflows = (chat) => chat.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

const ANSWER = "### Result\n\nText with [a link](https://example.com/a) and `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a = 1;\n```\n";

/** Menus and windows over the page. */
async function checkWindows(chat, name) {
  const { page } = chat;
  const add = page.locator(".composer .menu").first();
  for (const [index, what] of ["items", "prompts"].entries()) {
    await add.locator("button").first().click();
    await check(chat, "the menu of what can be added");
    await add.locator(".panel button").nth(index + 1).click();
    await page.getByRole("dialog").waitFor();
    await page.waitForTimeout(600);
    await check(chat, what);
    assert.equal(await overflows(chat), false, what);
    await chat.screenshot(`look-${name.replaceAll(/\W+/g, "-")}-${what}`);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }
  await page.locator(".composer .menu button").nth(1).click();
  await page.getByRole("listbox").waitFor();
  await check(chat, "the models");
  await chat.screenshot(`look-${name.replaceAll(/\W+/g, "-")}-models`);
  await page.keyboard.press("Escape");
}

for (const [name, options] of [
  ["desktop, light", {}],
  ["desktop, dark", { dark: true }],
  ["telephone, light", PHONE],
  ["telephone, dark, German", { ...PHONE, dark: true, language: "de" }],
]) {
  test(name, async () => {
    const chat = await stage.open(PEOPLE.editor, options);
    try {
      const message = chat.page.locator("#palisade-message");
      await check(chat, "nothing said yet");
      // Data Studio's header has one row or two.
      await chat.page.waitForFunction(() => document.querySelector("form.composer").getBoundingClientRect().bottom <= window.innerHeight);
      await chat.screenshot(`look-${name.replaceAll(/\W+/g, "-")}-start`);
      await stage.script(calls(items({ action: "read", query: { fields: ["id", "title", "status", "author"], limit: 4 } })), { ...says(ANSWER), reasoning: { text: "Thinking it over." } });
      await message.fill("What is there?");
      await message.press("Enter");
      await chat.answers.last().locator("figure.code").waitFor();
      await chat.rest();
      for (const summary of await chat.answers.locator("summary").all()) await summary.click();
      await check(chat, "an answer");
      assert.equal(await overflows(chat), false, "an answer");
      await chat.screenshot(`look-${name.replaceAll(/\W+/g, "-")}-answer`);
      const update = items({ action: "update", keys: [3], data: { title: "A better title", status: "published" } });
      const remove = items({ action: "create", data: { title: "A new article", slug: "new", status: "draft" } });
      await stage.script(calls(update, remove), says("Not reached."));
      await message.fill("Change it");
      await message.press("Enter");
      await chat.card.nth(1).waitFor();
      await chat.rest();
      await check(chat, "approvals");
      assert.equal(await overflows(chat), false, "approvals");
      await chat.screenshot(`look-${name.replaceAll(/\W+/g, "-")}-approvals`);
      const small = await chat.page.evaluate((roots) =>
        roots
          .flatMap((root) => [...document.querySelectorAll(root)])
          .flatMap((root) => [...root.querySelectorAll("button, summary, select, input:not([type=file])")])
          .filter((one) => one.checkVisibility({ opacityProperty: false, visibilityProperty: true }))
          .map((one) => ({ name: one.getAttribute("aria-label") ?? one.textContent?.trim(), box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 1 && (box.width < 24 || box.height < 24))
          .map(({ name: text, box }) => `${text}: ${box.width} x ${box.height}`),
        ROOTS,
      );
      assert.deepEqual(small, [], "targets of less than 24 pixels");
      await checkWindows(chat, name);
    } finally {
      await chat.close();
    }
    assert.deepEqual(chat.complaints, [], "the browser's console");
  });
}

test("right to left: nothing is cut off, and text finds its own direction", async () => {
  const chat = await stage.open(PEOPLE.editor, PHONE);
  try {
    await stage.script(says("שלום עולם, זו תשובה.\n\nAnd this is English."));
    await chat.say("שלום");
    await chat.shows("And this is English.");
    await chat.page.evaluate(() => (document.documentElement.dir = "rtl"));
    assert.equal(await overflows(chat), false);
    const directions = await chat.answers.last().locator(".block").evaluateAll((blocks) => blocks.map((block) => getComputedStyle(block).direction));
    assert.deepEqual(directions, ["rtl", "ltr"]);
    await chat.screenshot("look-right-to-left");
  } finally {
    await chat.close();
  }
});
