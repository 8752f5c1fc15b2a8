// Approvals on the host's page: what the card says, and every way to answer it.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { calls, items, PEOPLE, says, startStage } from "./stage.mjs";

let stage;
let chat;
let person = PEOPLE.editor;

before(async () => {
  stage = await startStage();
});
beforeEach(async () => {
  chat = await stage.open(person);
});
afterEach((context) => chat.finish(`approvals-${context.name}`));
after(() => stage?.stop());

const title = async (key) => (await stage.host.item("articles", key)).title;
const rename = (to, key = 3) => items({ action: "update", keys: [key], data: { title: to } });

test("the card says what will happen and why it asks, with old and new values", async () => {
  const before = await title(3);
  await stage.script(calls(items({ action: "update", keys: [3], data: { title: "New title", status: "published" } })), says("Renamed."));
  await chat.say("Rename article 3");
  await chat.card.getByRole("heading", { name: "Change 2 fields of articles 3" }).waitFor();
  await chat.card.getByText("This workspace asks before every tool call.").or(chat.card.getByText("This call changes or removes data.")).waitFor();
  await chat.card.getByText(before).waitFor();
  await chat.card.getByRole("cell", { name: "New title" }).waitFor();
  await chat.screenshot("approval-update");
  assert.equal(await title(3), before, "nothing has happened yet");
  await chat.button("Approve").click();
  await chat.shows("Renamed.");
  assert.equal(await title(3), "New title");
});

describe("by keyboard", () => {
  test("escape goes to the card, y approves, and the focus comes back", async () => {
    await stage.script(calls(rename("By keyboard")), says("Done."));
    await chat.say("Rename it");
    await chat.card.waitFor();
    await chat.rest();
    assert.equal(await chat.input.evaluate((field) => field === document.activeElement), true, "the focus was not taken");
    await chat.page.keyboard.press("Escape");
    await chat.page.keyboard.press("y");
    await chat.shows("Done.");
    assert.equal(await title(3), "By keyboard");
    assert.equal(await chat.input.evaluate((field) => field === document.activeElement), true);
  });

  test("two cards one after the other", async () => {
    await stage.script(calls(rename("Key one", 5), rename("Key two", 6)), says("Both done."));
    await chat.say("Rename both");
    await chat.card.nth(1).waitFor();
    await chat.rest();
    await chat.page.keyboard.press("Escape");
    await chat.page.keyboard.press("y");
    await chat.page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Change 1 field of articles 6");
    await chat.page.keyboard.press("y");
    await chat.shows("Both done.");
    assert.deepEqual([await title(5), await title(6)], ["Key one", "Key two"]);
  });

  test("n denies", async () => {
    await stage.script(calls(rename("Never")), says("As you wish."));
    await chat.say("Rename it");
    await chat.card.waitFor();
    await chat.rest();
    await chat.page.keyboard.press("Escape");
    await chat.page.keyboard.press("n");
    await chat.shows("As you wish.");
    assert.notEqual(await title(3), "Never");
  });

  test("what is being typed is no answer", async () => {
    await stage.script(calls(rename("Never")), says("Not reached."));
    await chat.say("Rename it");
    await chat.card.waitFor();
    await chat.input.pressSequentially("yyy nnn");
    assert.equal(await chat.input.inputValue(), "yyy nnn");
    await chat.card.waitFor();
    assert.notEqual(await title(3), "Never");
  });

  test("with tab and enter alone", async () => {
    await stage.script(calls(rename("Tabbed")), says("Done."));
    await chat.say("Rename it");
    await chat.card.waitFor();
    await chat.rest();
    for (let presses = 0; presses < 30; presses += 1) {
      await chat.page.keyboard.press("Shift+Tab");
      if ((await chat.page.evaluate(() => document.activeElement?.textContent?.trim())) === "Approve") break;
    }
    await chat.page.keyboard.press("Enter");
    await chat.shows("Done.");
    assert.equal(await title(3), "Tabbed");
  });
});

test("a denial with a reason reaches the model", async () => {
  await stage.script(calls(rename("Never")), says("I understand."));
  await chat.say("Rename it");
  await chat.button("Deny with a reason…").click();
  await chat.page.getByLabel("Reason for the assistant").fill("The title is final");
  await chat.page.keyboard.press("Enter");
  await chat.shows("I understand.");
  const [request] = (await stage.fake.requests()).slice(-1);
  assert.match(JSON.stringify(request.body.messages), /The title is final/);
  await chat.shows("The title is final");
});

test("several at once: one approved, one denied, posted together", async () => {
  await stage.script(calls(rename("Both: three", 3), rename("Both: four", 4)), says("One of two."));
  await chat.say("Rename both");
  await chat.card.nth(1).waitFor();
  await chat.card.nth(0).getByText("1 of 2").waitFor();
  const requests = (await stage.fake.requests()).length;
  await chat.card.nth(0).getByRole("button", { name: "Approve" }).click();
  await chat.card.getByRole("heading", { name: "Change 1 field of articles 4" }).waitFor();
  assert.equal((await stage.fake.requests()).length, requests, "it waits for the other");
  await chat.card.getByRole("button", { name: "Deny", exact: true }).click();
  await chat.shows("One of two.");
  assert.equal(await title(3), "Both: three");
  assert.notEqual(await title(4), "Both: four");
});

test("always is offered where the ceiling allows it, and then asks no more", async () => {
  await stage.script(calls(rename("Once")), says("Once done."));
  await chat.say("Rename it");
  await chat.card.waitFor();
  assert.equal(await chat.button("Always allow").count(), 0, "the ceiling is to ask");
  await chat.button("Approve").click();
  await chat.shows("Once done.");
  await stage.setCeiling("items", "always");
  try {
    await chat.page.reload();
    await stage.script(calls(rename("Twice")), says("Twice done."));
    await chat.say("Again");
    await chat.button("Always allow").click();
    await chat.shows("Twice done.");
    await stage.script(calls(rename("Thrice")), says("Thrice done."));
    await chat.say("And again");
    await chat.shows("Thrice done.");
    assert.equal(await title(3), "Thrice");
  } finally {
    await stage.setCeiling("items", "ask");
  }
});

test("a reload in the middle keeps the question", async () => {
  await stage.script(calls(rename("After a reload")), says("Done after all."));
  await chat.say("Rename it");
  await chat.card.waitFor();
  await chat.rest();
  await chat.page.reload();
  await chat.card.getByRole("heading", { name: "Change 1 field of articles 3" }).waitFor();
  await chat.button("Approve").click();
  await chat.shows("Done after all.");
  assert.equal(await title(3), "After a reload");
});

test("who writes on has not approved", async () => {
  await stage.script(calls(rename("Never")), says("Not reached."));
  await chat.say("Rename it");
  await chat.card.waitFor();
  await chat.rest();
  await stage.script(says("Then not."));
  await chat.say("Forget it");
  await chat.shows("Then not.");
  await chat.shows("not allowed");
  assert.notEqual(await title(3), "Never");
});

test("what can't be read is said to be so, and only new values are shown", async () => {
  await stage.script(calls(items({ action: "update", keys: [999_999], data: { title: "Nowhere" } })), says("It isn't there."));
  await chat.say("Rename a ghost");
  await chat.card.getByText("What is there now can't be read with your permissions.").waitFor();
  await chat.button("Deny").click();
  await chat.shows("It isn't there.");
});

test("an update by filter shows some of what matches, and counts the rest", async () => {
  const query = { filter: { status: { _eq: "draft" } } };
  await stage.script(calls(items({ action: "update", query, data: { status: "published" } })), says("Not done."));
  await chat.say("Publish all drafts");
  await chat.card.getByRole("heading", { name: "Change 1 field of all items of articles that match a filter" }).waitFor();
  await chat.card.getByText(/And \d+ more items\./).waitFor();
  assert.equal(await chat.card.locator("table").count(), 20);
  await chat.button("Deny").click();
  await chat.shows("Not done.");
});

test("what has no preview shows its arguments", async () => {
  const part = { type: "tool-flows", toolCallId: "c1", state: "approval-requested", approval: { id: "apr1.kept" }, input: { action: "read", query: { limit: 1 } } };
  await chat.keep([{ id: "1", role: "user", parts: [{ type: "text", text: "Flows?" }] }, { id: "2", role: "assistant", parts: [{ type: "step-start" }, part] }]);
  await chat.card.getByText('"limit": 1').waitFor();
});

test("an import from the web shows where it goes", async () => {
  // The embedded project imports no files, so the question is one that the browser kept.
  const url = "https://pictures.example/a.png";
  const part = { type: "tool-files", toolCallId: "c1", state: "approval-requested", approval: { id: "apr1.kept" }, input: { action: "import", data: [{ url, file: { title: "A picture" } }] } };
  await chat.keep([{ id: "1", role: "user", parts: [{ type: "text", text: "Fetch a picture" }] }, { id: "2", role: "assistant", parts: [{ type: "step-start" }, part] }]);
  await chat.card.getByRole("heading", { name: "Import 1 file from the web" }).waitFor();
  await chat.card.getByText("https://pictures.example", { exact: true }).waitFor();
  await chat.card.getByText(/"title": "A picture"/).first().waitFor();
});

describe("as an administrator", () => {
  before(() => (person = PEOPLE.admin));
  after(() => (person = PEOPLE.editor));

  test("a delete shows the row and what hangs on it", async () => {
    const [comment] = await stage.host.get("/items/comments?limit=1");
    await stage.script(calls(items({ action: "delete", keys: [comment.article] })), says("It stays."));
    await chat.say("Delete that article");
    await chat.card.getByRole("heading", { name: `Delete articles ${comment.article}` }).waitFor();
    await chat.card.getByText(await title(comment.article)).waitFor();
    await chat.card.getByText(/Points to it: \d+ comments/).waitFor();
    await chat.screenshot("approval-delete");
    await chat.button("Deny").click();
    await chat.shows("It stays.");
  });
});
