// Files that a provider stores: on their way, in a message, and taken off again.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { eventually } from "../sdk/process.mjs";
import { PEOPLE, says, startStage } from "./stage.mjs";

let stage;
let chat;
let list;

before(async () => {
  stage = await startStage({ kind: "openai" });
});
beforeEach(async () => {
  chat = await stage.open(PEOPLE.editor);
  list = chat.page.getByRole("list", { name: "Goes along with the message" });
});
afterEach((context) => chat.finish(`files-${context.name}`));
after(() => stage?.stop());

const choose = (name, text) => chat.page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
const stored = async () => (await stage.fake.files()).filter((file) => !file.deleted).length;

test("a file is stored by the provider, and named in the message by its id", async () => {
  const before = await stored();
  await choose("note.txt", "A note for the model.\n");
  await list.getByText(/kB/).waitFor();
  assert.equal(await stored(), before + 1);
  // Nothing is known of the fake's model, so nothing says that it reads documents.
  await list.getByText("This model can't read it").waitFor();
  await stage.script(says("I have read it."));
  const posted = chat.page.waitForRequest((request) => request.url().endsWith("/ai/chat"));
  await chat.say("Read the note");
  await chat.shows("I have read it.");
  const [part] = (await posted).postDataJSON().messages[0].parts;
  assert.match(part.url, /^plf1\./, "the id that the host signed");
  const [request] = (await stage.fake.requests()).slice(-1);
  assert.match(JSON.stringify(request.body.input), /note\.txt/);
  await chat.page.locator("article.user").getByText("note.txt").waitFor();
  const kept = await chat.page.evaluate(() => JSON.stringify(localStorage));
  assert.ok(!kept.includes("A note for the model"), "the browser keeps the id alone");
});

test("a file that is taken off is deleted at the provider", async () => {
  const before = await stored();
  await choose("other.txt", "Another note.\n");
  await list.getByText(/kB/).waitFor();
  await chat.button("Remove other.txt").click();
  await list.waitFor({ state: "detached" });
  await eventually(async () => (await stored()) === before, { what: "the deletion" });
});

test("how much of a large file has been sent", async () => {
  const session = await chat.context.newCDPSession(chat.page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 300_000 });
  await choose("large.txt", "A line of a large file.\n".repeat(40_000));
  await chat.page.waitForFunction(() => document.querySelector(".bar progress")?.position > 0.1);
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await list.getByText(/kB/).waitFor();
});

test("what the host doesn't take is told", async () => {
  await chat.page.locator("input[type=file]").setInputFiles({ name: "tool.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
  await list.getByRole("alert").waitFor();
  await chat.button("Remove tool.exe").click();
});
