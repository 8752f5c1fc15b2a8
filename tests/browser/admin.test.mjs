// The administrators' settings, against a real host.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { FAKE_KEY } from "../sdk/fake.mjs";
import { assertAccessible, PHONE } from "./accessible.mjs";
import { MODEL, PEOPLE, says, startStage } from "./stage.mjs";

const SECTIONS = ["providers", "models", "assistant", "tools", "plugins", "ledger", "health"];

/** A component that asks for something of each kind. */
const PLUGIN = {
  name: "weather",
  title: "Weather",
  version: "1.2.0",
  description: "Looks up the weather for the place of an article.",
  digest: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  state: "new",
  asks: {
    data: [{ collection: "articles", actions: ["read", "update"], reason: "To find the place of an article." }],
    http: [{ name: "api", origin: "https://api.weather.example", methods: ["GET"], reason: "To ask for the weather." }],
    secrets: [{ name: "token", origins: ["api"], reason: "The service wants a token." }],
    kv: { keys: 100, bytes: 65536, reason: "To ask for each place once an hour." },
    identity: null,
  },
  granted: null,
  tools: [{ name: "weather", title: "Weather", description: "Tells the weather. In Celsius.", readOnly: true, destructive: false, openWorld: true }],
};

describe("Settings", () => {
  let stage;
  let fake;
  let host;
  let opened;
  let page;

  before(async () => {
    stage = await startStage();
    ({ fake, host } = stage);
    await fake.script(MODEL, { steps: [says('{"ok":true}')], after_last: "repeat" });
  });
  beforeEach(async () => {
    opened = await stage.open(PEOPLE.admin);
    page = opened.page;
  });
  afterEach((context) => opened.finish(`admin-${context.name}`));
  after(() => stage?.stop());

  /** The browser complains of each answer that is no success; a test that provokes one says so. */
  const forgive = (status) => {
    opened.complaints = opened.complaints.filter((complaint) => !complaint.includes(`status of ${status}`));
  };
  const go = async (section) => {
    await page.goto(stage.address(`admin/${section}`));
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
  };
  const button = (name) => page.getByRole("main").getByRole("button", { name });
  const settings = () => host.get("/ai/admin/settings");
  const saved = () => page.getByRole("status").filter({ hasText: "Saved." }).first().waitFor();

  test("are neither shown to others nor answered", async () => {
    const editor = await stage.open(PEOPLE.editor);
    await editor.page.goto(stage.address("admin/providers"));
    await editor.input.waitFor();
    assert.equal(await editor.page.getByRole("button", { name: "Settings", exact: true }).count(), 0);
    assert.equal(await editor.page.getByRole("heading", { name: "Providers" }).count(), 0);
    const status = await editor.page.evaluate(async (address) => (await fetch(address)).status, `${host.assistant}/ai/admin/providers`);
    assert.equal(status, 403);
    await editor.close();
  });

  test("open from the page, and lead back to the chat", async () => {
    await page.getByRole("button", { name: "Settings", exact: true }).click();
    await page.getByRole("heading", { name: "Providers", level: 1 }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Ledger" }).click();
    await page.getByRole("heading", { name: "Ledger", level: 1 }).waitFor();
    await page.getByRole("button", { name: "Back to the chat" }).click();
    await opened.input.waitFor();
  });

  test("a key goes in, is tested with a real call, and is never shown", async () => {
    await go("providers");
    await button("Replace key").click();
    await page.getByLabel("New key").fill(FAKE_KEY);
    await button("Save key").click();
    await button("Replace key").waitFor();
    assert.ok(!(await page.content()).includes(FAKE_KEY));
    assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes(FAKE_KEY));

    await fake.forget();
    await button("Test with a real call").click();
    await page.getByText(`${MODEL} answered within`).waitFor();
    assert.equal((await fake.requests()).length, 1, "a real call");
    assert.ok((await host.ledger()).some((row) => row.kind === "provider_call" && row.model === MODEL), "on record");
  });

  test("a key that the provider refuses is told, without the provider's words", async () => {
    await go("providers");
    await button("Replace key").click();
    await page.getByLabel("New key").fill("sk-wrong-0123456789");
    await button("Save key").click();
    await button("Test with a real call").click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    assert.match(await alert.innerText(), /did not accept the key/);
    assert.ok(!(await page.content()).includes("sk-wrong-0123456789"));
    forgive(503);
  });

  test("a key is deleted after a question, and set again", async () => {
    await go("providers");
    await button("Delete key").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await host.get("/ai/admin/providers/fake/key")).set, true);
    await button("Delete key").click();
    await dialog.getByRole("button", { name: "Delete key" }).click();
    await button("Set key").waitFor();
    assert.equal(await button("Delete key").count(), 0);
    assert.equal((await host.get("/ai/admin/providers/fake/key")).set, false);
    await button("Set key").click();
    await page.getByLabel("Key", { exact: true }).fill(FAKE_KEY);
    await button("Save key").click();
    await button("Replace key").waitFor();
  });

  test("allowed models are added, removed and given back to the configuration", async () => {
    const before = (await settings()).allowed_models.fake;
    await go("models");
    await page.getByLabel("Add a model").fill("another-model");
    await button("Save").click();
    await saved();
    assert.deepEqual((await settings()).allowed_models.fake, [...before, "another-model"]);
    await button(`Remove ${MODEL}`).click();
    await button("Discard").click();
    await page.getByText(MODEL, { exact: true }).waitFor();
    await button("Remove another-model").click();
    await button("Save").click();
    await saved();
    assert.deepEqual((await settings()).allowed_models.fake, before);
    await button("Go back to the configuration file").click();
    await page.getByText("Changed here").waitFor({ state: "detached" });
    assert.deepEqual((await settings()).changed.allowed_models ?? {}, {});
  });

  test("approvals, steps and instructions are saved; a change that somebody else made first is not lost", async () => {
    await go("assistant");
    await page.getByLabel("Let reads run at once").check();
    await page.getByLabel("Steps per answer").fill("7");
    await button("Save").first().click();
    await saved();
    const now = await settings();
    assert.deepEqual([now.approvals, now.max_steps], ["writes", 7]);

    await page.getByLabel("System prompt").fill("Be brief.");
    await button("Save").last().click();
    await page.getByRole("status").filter({ hasText: "Saved." }).last().waitFor();
    await page.getByText("Built-in text", { exact: true }).waitFor({ state: "detached" });
    assert.equal((await settings()).system_prompt, "Be brief.");

    await fetch(`${host.assistant}/ai/admin/settings`, {
      method: "PATCH",
      headers: { "content-type": "application/json", authorization: `Bearer ${PEOPLE.admin.token}` },
      body: JSON.stringify({ max_steps: 9 }),
    });
    await page.getByLabel("Steps per answer").fill("8");
    await button("Save").first().click();
    await page.getByRole("alert").waitFor();
    assert.equal((await settings()).max_steps, 9);
    forgive(409);
  });

  test("ceilings are set for everybody and for a role", async () => {
    await go("tools");
    await page.getByLabel("Search tools").fill("items");
    const tool = page.locator("details").filter({ has: page.getByText("items", { exact: true }) });
    await tool.locator("summary").click();
    await tool.getByLabel("Everybody").selectOption("always");
    const role = tool.getByLabel(/^Role /).first();
    await role.selectOption("ask");
    await button("Save").click();
    await saved();
    const { ceilings } = await settings();
    assert.equal(ceilings.items.default, "always");
    assert.deepEqual(Object.values(ceilings.items.roles), ["ask"]);
  });

  test("a host without plugins says so", async () => {
    await page.route("**/ai/admin/plugins", (route) =>
      route.fulfill({ status: 404, json: { errors: [{ message: "Route doesn't exist.", extensions: { code: "ROUTE_NOT_FOUND" } }] } }),
    );
    await go("plugins");
    await page.getByText("This host has no plugins.").waitFor();
    forgive(404);
  });

  test("a plugin gets exactly what is ticked, and its secrets go in", async () => {
    const sent = [];
    let plugin = structuredClone(PLUGIN);
    await page.route("**/ai/admin/plugins**", async (route) => {
      const request = route.request();
      const pathname = new URL(request.url().slice(host.assistant.length), host.url).pathname;
      if (request.method() === "GET") return route.fulfill({ json: { data: [plugin] } });
      sent.push([request.method(), pathname, request.postDataJSON()]);
      if (pathname.endsWith("/grant") && request.method() === "PUT") plugin = { ...plugin, state: "granted", granted: request.postDataJSON() };
      if (pathname.endsWith("/grant") && request.method() === "DELETE") plugin = { ...plugin, state: "new", granted: null };
      return route.fulfill({ status: 204 });
    });
    await go("plugins");
    await page.getByText("Nothing is granted yet").waitFor();
    await assertAccessible(opened, "plugin-new");
    await button("Tick all").click();
    await page.getByLabel("update in articles").uncheck();
    await page.getByLabel("Address of api").fill("https://weather.intranet.example");
    await page.getByText("token, for https://weather.intranet.example").waitFor();
    await button("Grant what is ticked").click();
    await page.getByText("Granted", { exact: true }).waitFor();
    assert.deepEqual(sent.pop(), [
      "PUT",
      "/ai/admin/plugins/weather/grant",
      {
        data: [{ collection: "articles", actions: ["read"] }],
        http: [{ name: "api", origin: "https://weather.intranet.example", methods: ["GET"] }],
        secrets: [{ name: "token", origins: ["api"] }],
        kv: { keys: 100, bytes: 65536 },
        identity: null,
      },
    ]);
    assert.equal(await page.getByLabel("Address of api").inputValue(), "https://weather.intranet.example", "as it was granted");
    await page.getByLabel("token", { exact: true }).fill("the-value");
    await button("Set").click();
    await saved();
    assert.deepEqual(sent.pop(), ["PUT", "/ai/admin/plugins/weather/secrets/token", { value: "the-value" }]);
    assert.equal(await page.getByLabel("token", { exact: true }).inputValue(), "");
    await button("Take everything back").click();
    await page.getByRole("dialog").getByRole("button", { name: "Take everything back" }).click();
    await page.getByText("Nothing is granted yet").waitFor();
    assert.deepEqual(sent.pop().slice(0, 2), ["DELETE", "/ai/admin/plugins/weather/grant"]);
  });

  test("the ledger is filtered and exported", async () => {
    await go("ledger");
    await page.getByRole("region", { name: "Rows" }).getByText("Administration").first().waitFor();
    await page.getByLabel("Kind").selectOption("provider_call");
    await page.getByRole("region", { name: "Rows" }).getByText("Administration").first().waitFor({ state: "detached" });
    assert.ok((await page.getByRole("region", { name: "Rows" }).locator("tbody tr").count()) > 0);
    await page.getByRole("region", { name: "Consumption" }).getByText(MODEL).waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), button("CSV").click()]);
    assert.equal(file.suggestedFilename(), "palisade-ledger.csv");
    const [head, ...rows] = (await readFile(await file.path(), "utf8")).trim().split("\n");
    assert.match(head, /^id,time,workspace/);
    assert.ok(rows.length > 0 && rows.every((row) => row.includes(",provider_call,")));
  });

  test("health says what is in order and what is not", async () => {
    await go("health");
    await page.getByText("Database of the host").waitFor();
    await page.getByText("Provider fake").waitFor();
    assert.ok((await page.getByText("In order").count()) >= 3);
  });

  for (const section of SECTIONS) {
    test(`${section} can be used by everybody, on a phone too`, async () => {
      await go(section);
      await page.getByText("Loading …").first().waitFor({ state: "detached" });
      await assertAccessible(opened, `admin-${section}`);
      await page.setViewportSize(PHONE);
      await assertAccessible(opened, `admin-${section}-phone`);
      forgive(404);
    });
  }

  test("there are texts in German", async () => {
    const german = await stage.open(PEOPLE.admin, { language: "de" });
    await german.page.goto(stage.address("admin/providers"));
    await german.page.getByRole("heading", { name: "Anbieter", level: 1 }).waitFor();
    await german.close();
  });
});
