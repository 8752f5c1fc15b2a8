// The frame of the host's page: signing in and out, and the drawer of a telephone.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { assertAccessible, PHONE, violations } from "../accessible.mjs";
import { PEOPLE, says, startStage } from "../stage.mjs";

let stage;
let chat;

before(async () => {
  stage = await startStage();
});
afterEach((context) => chat.finish(`frame-${context.name}`));
after(() => stage?.stop());

for (const language of ["en", "de"]) {
  test(`can be used by everybody, on a phone too (${language})`, async () => {
    chat = await stage.open(undefined, { language });
    await chat.page.locator("input[type=email]").waitFor();
    await assertAccessible(chat, `login-${language}`);
    await chat.page.setViewportSize(PHONE);
    await assertAccessible(chat, `login-${language}-phone`);
  });
}

test("signing out and in again", async () => {
  chat = await stage.open(PEOPLE.editor);
  await chat.button("Settings of this page").click();
  await chat.button("Sign out").click();
  await chat.page.locator("input[type=password]").waitFor();
  await chat.page.reload();
  await chat.page.locator("input[type=email]").fill(PEOPLE.editor.email);
  await chat.page.locator("input[type=password]").fill("not-the-password");
  await chat.page.keyboard.press("Enter");
  await chat.page.getByRole("alert").getByText(/didn't let you in/).waitFor();
});

test("a session that ends in the middle: signing in again, nothing is lost", async () => {
  chat = await stage.open(PEOPLE.editor);
  await stage.script(says("One."));
  await chat.say("First");
  await chat.shows("One.");
  await chat.rest();
  await chat.context.clearCookies();
  await stage.script(says("Two."));
  await chat.say("Second");
  await chat.page.locator("input[type=password]").waitFor();
  await chat.page.locator("input[type=email]").fill(PEOPLE.editor.email);
  await chat.page.locator("input[type=password]").fill(PEOPLE.editor.password);
  await chat.page.keyboard.press("Enter");
  await chat.shows("One.");
  await chat.button("Try again").click();
  await chat.shows("Two.");
});

test("on a telephone conversations are in a drawer", async () => {
  chat = await stage.open(PEOPLE.editor, PHONE);
  const search = chat.page.getByLabel("Search conversations");
  assert.equal(await search.isVisible(), false);
  await chat.button("Conversations").click();
  await search.waitFor();
  assert.deepEqual(await violations(chat), []);
  await chat.screenshot("look-telephone-drawer");
  await chat.page.keyboard.press("Escape");
  await search.waitFor({ state: "hidden" });
});
