// A tool component, from its permission sheet to its answer, against a real host.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { calls, PEOPLE, says, startStage } from "./stage.mjs";

/** The module of the example that scores texts. */
const COMPONENT = process.env.TEST_COMPONENT;

describe("A component", () => {
  let stage;
  let opened;

  before(async () => {
    assert.ok(COMPONENT, "TEST_COMPONENT names the module of the example readability: `make test-browser` builds it");
    stage = await startStage({ workspace: { approvals: "writes" } });
    await stage.host.command(["tools", "add", COMPONENT]);
  });
  afterEach((context) => opened.finish(`component-${context.name}`));
  after(() => stage?.stop());

  const open = async (person, screen) => {
    opened = await stage.open(person);
    if (screen) await opened.page.goto(stage.address(screen));
    return opened.page;
  };
  const listed = async () => (await stage.host.get("/ai/tools", PEOPLE.editor.token)).filter(({ component }) => component === "readability");

  test("asks, and gets what the administrator ticks", async () => {
    const page = await open(PEOPLE.admin, "admin/plugins");
    const button = (name) => page.getByRole("main").getByRole("button", { name });
    await page.getByText("Nothing is granted yet").waitFor();
    assert.deepEqual(await listed(), []);
    await button("Tick all").click();
    await button("Grant what is ticked").click();
    await page.getByText("Granted", { exact: true }).waitFor();
    const [tool] = await listed();
    assert.equal(tool.readOnly, true);
    await page.reload();
    await page.getByText("Granted", { exact: true }).waitFor();
  });

  test("answers whom it was granted for", async () => {
    const page = await open(PEOPLE.editor);
    const call = { name: "readability__score", arguments: { collection: "articles", field: "body", limit: 2 } };
    await stage.script(calls(call), says("Both read easily."));
    await page.locator("form[data-model]").waitFor();
    await page.locator("textarea").first().fill("How easily do my articles read?");
    await page.keyboard.press("Enter");
    await page.getByText("Both read easily.").first().waitFor();
    const rows = await stage.host.ledger();
    const row = rows.find(({ kind }) => kind === "tool_call");
    assert.equal(row.tool, "readability__score");
    assert.equal(row.outcome, "ok");
  });

  test("is off when everything is taken back", async () => {
    const page = await open(PEOPLE.admin, "admin/plugins");
    await page.getByRole("main").getByRole("button", { name: "Take everything back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take everything back" }).click();
    await page.getByText("Nothing is granted yet").waitFor();
    assert.deepEqual(await listed(), []);
  });
});
