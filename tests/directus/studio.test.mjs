// Data Studio's own panel against Palisade, in a real browser.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { setCeiling } from "../sdk/harness.mjs";
import { eventually } from "../sdk/process.mjs";
import { freshPage, Panel, screenshot, signIn, startBrowser } from "./browser.mjs";
import { MODEL, startAll, UNOFFERED_MODEL } from "./palisade.mjs";
import { USERS } from "./seeds/newsroom.mjs";

const says = (text) => ({ answer: "message", text });
const calls = (...tool_calls) => ({ answer: "message", tool_calls });
const rename = (title) => ({
  name: "execute",
  arguments: { name: "items", input: { action: "update", collection: "articles", keys: ["3"], data: { title } } },
});

describe("Data Studio's panel", () => {
  let all;
  let browser;
  let cookies;
  let fresh;
  let page;
  let panel;
  let shots = 0;

  before(async () => {
    all = await startAll({ env: { PALISADE_STUDIO_PANEL: "true" } });
    browser = await startBrowser();
    cookies = await signIn(browser, all.directus.url, USERS.editor);
  });
  beforeEach(async () => {
    fresh = await freshPage(browser, cookies);
    page = fresh.page;
    panel = new Panel(page, all.directus.url);
  });
  afterEach(async (context) => {
    shots += 1;
    await screenshot(page, `studio-${shots}-${context.name.replaceAll(/\W+/g, "-")}`);
    cookies = await fresh.close();
    assert.deepEqual(fresh.complaints, [], "the browser's console");
  });
  after(async () => {
    await browser?.close();
    await all?.stop();
  });

  const script = (...steps) => all.fake.script(MODEL, { steps });
  const title = async () => (await all.directus.request("GET", "/items/articles/3?fields=title")).title;

  test("a plain turn", async () => {
    await script(says("Hello from the model."));
    await panel.open("/admin/content/articles");
    await panel.say("Hello");
    await panel.shows("Hello from the model.");
    assert.equal(panel.posts.length, 1);
  });

  test("approve", async () => {
    await script(calls(rename("Approved title")), says("Renamed."));
    await panel.open("/admin/content/articles");
    await panel.say("Rename article 3");
    await panel.button("Approve").waitFor();
    await screenshot(page, "studio-approval");
    assert.notEqual(await title(), "Approved title");
    await panel.button("Approve").click();
    await panel.shows("Renamed.");
    assert.equal(await title(), "Approved title");
    // Directus's own activity says who it was.
    const [activity] = await all.directus.request("GET", "/activity?filter[collection][_eq]=articles&filter[item][_eq]=3&sort=-id&limit=1&fields=action,user.email");
    assert.deepEqual(activity, { action: "update", user: { email: USERS.editor.email } });
  });

  test("deny", async () => {
    await script(calls(rename("Denied title")), says("As you wish."));
    await panel.open("/admin/content/articles");
    await panel.say("Rename article 3");
    await panel.button(/^Deny/).click();
    await panel.shows("As you wish.");
    assert.notEqual(await title(), "Denied title");
  });

  test("always allow", async () => {
    await script(calls(rename("First title")), says("Renamed once."));
    await panel.open("/admin/content/articles");
    await panel.say("Rename article 3");
    await panel.button("Always Allow").click();
    await panel.shows("Renamed once.");
    // The browser's word alone changes nothing: the administrator has allowed no "always" yet.
    await script(calls(rename("Second title")), says("Renamed twice."));
    await panel.say("And again");
    await panel.button("Approve").waitFor();
    assert.equal(panel.posts.at(-1).toolApprovals.items, "always");
    await panel.button("Approve").click();
    await panel.shows("Renamed twice.");

    await setCeiling(`${all.directus.url}/palisade`, all.directus.token, "items", "always");
    await script(calls(rename("Third title")), says("Renamed without a question."));
    await panel.say("And once more");
    await panel.shows("Renamed without a question.");
    assert.equal(await title(), "Third title");
  });

  test("the form of an item's page", async () => {
    await script(says("Ready."));
    await panel.open("/admin/content/articles/3");
    await panel.say("Hello");
    await panel.shows("Ready.");
    const named = (start) => panel.posts[0].tools.find((tool) => tool.name?.startsWith(start)).name;
    await script(
      calls({ name: named("read-form-values-"), arguments: { fields: ["slug"] } }),
      calls({ name: named("set-form-values-"), arguments: { slug: "written-by-the-model" } }),
      says("Filled in."),
    );
    await panel.say("Fill in the form");
    await panel.shows("Filled in.");
    const outputs = JSON.stringify(panel.posts.at(-1).messages.at(-1).parts);
    assert.match(outputs, /article-3/, "the form was read");
    await eventually(
      async () => (await page.locator("input").evaluateAll((inputs) => inputs.map((input) => input.value))).includes("written-by-the-model"),
      { what: "the value in the form" },
    );
    assert.equal((await all.directus.request("GET", "/items/articles/3?fields=slug")).slug, "article-3", "nothing is saved yet");
  });

  test("a question to the user", async () => {
    const question = { id: "colour", question: "Which colour?", options: [{ label: "Red" }, { label: "Blue" }], multi_select: false, allow_text: true };
    await script(calls({ name: "ask_user", arguments: { questions: [question] } }), says("Blue it is."));
    await panel.open("/admin/content/articles");
    await panel.say("Ask me");
    await panel.button(/Blue/).click();
    await panel.button("Submit").click();
    await panel.shows("Blue it is.");
    const part = panel.posts.at(-1).messages.at(-1).parts.find(({ type }) => type === "tool-ask_user");
    assert.deepEqual(part.output, { colour: "Blue" });
  });

  test("stop", async () => {
    await all.fake.script(MODEL, { steps: [{ ...says("word ".repeat(500)), delay_ms: 30 }] });
    await panel.open("/admin/content/articles");
    await panel.say("Talk");
    await panel.shows(/word word/);
    await page.locator(".submit-button button").click();
    await all.fake.ended("client-closed");
  });

  test("retry", async () => {
    await script({ answer: "error", status: 401 });
    await panel.open("/admin/content/articles");
    await panel.say("Hello");
    const retry = panel.button(/Retry/).first();
    await retry.waitFor();
    await script(says("Well again."));
    await retry.click();
    await panel.shows("Well again.");
  });

  test("a file", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "palisade-file-"));
    try {
      const file = path.join(folder, "note.txt");
      await writeFile(file, "A note for the model.\n");
      await script(says("I read it."));
      await panel.open("/admin/content/articles");
      await page.locator(".hidden-file-input").setInputFiles(file);
      const uploaded = page.waitForResponse((response) => new URL(response.url()).pathname === "/ai/files" && response.status() === 200);
      await panel.say("Read this");
      const { fileId } = await (await uploaded).json();
      assert.match(fileId, /^plf1\./, "an id that the host has signed");
      await panel.shows("I read it.");
      assert.equal((await all.fake.files()).length, 1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("what Directus doesn't offer, and whom it doesn't serve, is left to Directus", async () => {
    await all.fake.forget();
    const post = async (token, model) => {
      const response = await fetch(`${all.directus.url}/ai/chat`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ provider: "openai", model, tools: [], messages: [{ id: "1", role: "user", parts: [{ type: "text", text: "Hello" }] }] }),
      });
      return [response.status, (await response.json()).errors[0].message];
    };
    const allowed = "Model not allowed for this provider";
    assert.match((await post(USERS.editor.token, UNOFFERED_MODEL)).join(" "), new RegExp(`^403 .*${allowed}`));
    for (const token of [undefined, USERS.api.token]) assert.equal((await post(token, MODEL))[0], 403);
    assert.deepEqual(await all.fake.requests(), []);
  });
});
