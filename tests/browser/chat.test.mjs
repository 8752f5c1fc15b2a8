// The chat, as a person uses it.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { calls, items, MODEL, PEOPLE, says, startStage } from "./stage.mjs";

let stage;
let chat;

before(async () => {
  stage = await startStage({ workspace: { approvals: "writes" } });
});
beforeEach(async () => {
  chat = await stage.open(PEOPLE.editor);
});
afterEach((context) => chat.finish(`chat-${context.name}`));
after(() => stage?.stop());

const ANSWER = `## Findings

There are **two** kinds, see [the list](https://example.com/list):

| Name | Count |
|:-----|------:|
| drafts | 12 |
| published | 30 |

1. First

2. Second

\`\`\`js
const total = 42;

console.log(total);
\`\`\`

That is all.`;

describe("answers", () => {
  test("markdown: headings, tables, lists, code with a way to copy it", async () => {
    await stage.script(says(ANSWER, { delay_ms: 5 }));
    await chat.say("What is there?");
    await chat.shows("That is all.");
    await chat.rest();
    const answer = chat.answers.last();
    assert.equal(await answer.getByRole("heading", { name: "Findings" }).count(), 1);
    assert.equal(await answer.locator("td[align=right]").first().innerText(), "12");
    assert.equal(await answer.locator("ol").count(), 1, "one list");
    await answer.getByRole("button", { name: "Copy code" }).click();
    assert.equal(await chat.page.evaluate(() => navigator.clipboard.readText()), "const total = 42;\n\nconsole.log(total);");
    await answer.getByRole("button", { name: "Copy answer" }).click();
    assert.equal(await chat.page.evaluate(() => navigator.clipboard.readText()), ANSWER);
    const link = answer.getByRole("link", { name: "the list" });
    assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
  });

  test("code inside a list can be copied too", async () => {
    await stage.script(says("- Do this:\n\n  ```sh\n  ls -l\n  ```\n\n- Done."));
    await chat.say("How?");
    await chat.shows("Done.");
    await chat.answers.getByRole("button", { name: "Copy code" }).click();
    assert.equal((await chat.page.evaluate(() => navigator.clipboard.readText())).trim(), "ls -l");
  });

  test("an answer that was cut short says by what", async () => {
    await stage.script({ ...says("As far as"), finish_reason: "length" });
    await chat.say("Everything");
    await chat.shows("The answer reached the model's limit.");
    await stage.script({ ...says("No"), finish_reason: "content_filter" });
    await chat.say("Other");
    await chat.shows("The provider's filter ended this answer.");
  });

  test("reasoning is there for who wants to read it", async () => {
    await stage.script({ ...says("The answer."), reasoning: { text: "First I think about it." } });
    await chat.say("Think");
    await chat.shows("The answer.");
    assert.equal(await chat.answers.getByText("First I think").count(), 0);
    await chat.answers.getByText("Reasoning").click();
    await chat.shows("First I think about it.");
  });

  test("a read is a card with a table of rows", async () => {
    await stage.script(calls(items({ action: "read", query: { fields: ["id", "title"], limit: 3 } })), says("Three of them."));
    await chat.say("Show articles");
    await chat.shows("Three of them.");
    const card = chat.answers.last().getByRole("region", { name: "Tool items" });
    await card.getByText("Read items of articles").click();
    await card.getByText("3 rows").waitFor();
    assert.deepEqual(await card.locator("th").allInnerTexts(), ["id", "title"]);
    assert.equal(await card.locator("tbody tr").count(), 3);
  });

  test("tokens are counted", async () => {
    await stage.script({ ...says("Counted."), tokens: { prompt: 1200, completion: 34 } });
    await chat.say("Count");
    await chat.shows("Counted.");
    await chat.page.getByText("1,234 tokens").waitFor();
  });
});

describe("taking a hand", () => {
  test("stop keeps what came, and says that it isn't all", async () => {
    await stage.script(says("word ".repeat(500), { delay_ms: 30 }));
    await chat.say("Talk");
    await chat.shows(/word word/);
    await chat.button("Stop").click();
    await stage.fake.ended("client-closed");
    await chat.shows("This answer ended early.");
    await stage.script(says("All of it."));
    await chat.button("Try again").click();
    await chat.shows("All of it.");
    assert.equal(await chat.answers.count(), 1);
  });

  test("escape stops too", async () => {
    await stage.script(says("word ".repeat(500), { delay_ms: 30 }));
    await chat.say("Talk");
    await chat.shows(/word word/);
    await chat.input.press("Escape");
    await stage.fake.ended("client-closed");
  });

  test("an error is said, and trying again helps", async () => {
    await stage.script({ answer: "error", status: 401 });
    await chat.say("Hello");
    await chat.page.getByRole("alert").getByText(/provider/i).waitFor();
    await stage.script(says("Well again."));
    await chat.button("Try again").click();
    await chat.shows("Well again.");
  });

  test("a question in other words replaces what came after it", async () => {
    await stage.script(says("One."));
    await chat.say("First question");
    await chat.shows("One.");
    await stage.script(says("Two."));
    await chat.page.locator("article.user").hover();
    await chat.button("Edit and ask again").click();
    await chat.page.getByLabel("Edit and ask again").fill("Second question");
    await chat.page.keyboard.press("Enter");
    await chat.shows("Two.");
    assert.equal(await chat.answers.count(), 1);
    assert.equal(await chat.page.getByText("First question").count(), 0, "neither in the messages nor as the title");
  });

  test("answer again", async () => {
    await stage.script(says("One."));
    await chat.say("Ask");
    await chat.shows("One.");
    await stage.script(says("Other."));
    await chat.button("Answer again").click();
    await chat.shows("Other.");
    assert.equal(await chat.answers.count(), 1);
  });

  test("another model answers when it is chosen", async () => {
    await stage.fake.script("other", { steps: [says("From the other.")] });
    await chat.choose("other");
    await chat.say("Hello");
    await chat.shows("From the other.");
    await chat.choose(MODEL);
  });

  test("a question of the model is answered with a click", async () => {
    const question = { question: "Which colour?", options: ["Red", "Blue"], allow_free_text: true };
    await stage.script(calls({ name: "ask_user", arguments: question }), says("Blue it is."));
    await chat.say("Ask me");
    await chat.button("Blue").click();
    await chat.shows("Blue it is.");
    await chat.shows("Answered: Blue");
  });
});

describe("what goes along", () => {
  test("an item", async () => {
    await chat.button("Add files, items or a prompt").click();
    await chat.button("Items…").click();
    const dialog = chat.page.getByRole("dialog");
    await dialog.getByLabel("Collection").selectOption("authors");
    await dialog.getByRole("button", { name: "Add", exact: true }).first().click();
    await dialog.getByRole("button", { name: "Done" }).click();
    await stage.script(says("I see it."));
    await chat.say("Who is that?");
    await chat.shows("I see it.");
    const [request] = (await stage.fake.requests()).slice(-1);
    assert.match(JSON.stringify(request.body.messages), /Attached item/);
    await chat.page.locator("article.user").getByText(/authors \d+/).waitFor();
  });

  test("a pasted image, with a thumbnail", async () => {
    const png = await chat.page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 20 } });
    await chat.input.evaluate((field, base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "shot.png", { type: "image/png" }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, png.toString("base64"));
    await chat.page.getByRole("list", { name: "Goes along with the message" }).locator("img").waitFor();
    await stage.script(says("A picture."));
    await chat.say("What is this?");
    await chat.shows("A picture.");
    const [request] = (await stage.fake.requests()).slice(-1);
    assert.match(JSON.stringify(request.body.messages), /data:image\/png;base64,/);
    await chat.page.locator("article.user").getByText("shot.png").waitFor();
    assert.equal(await chat.page.locator("article.user img").count(), 1);
  });

  test("a dropped text file, and one that is too much", async () => {
    await chat.page.locator("form.composer").evaluate((form) => {
      const data = new DataTransfer();
      data.items.add(new File(["A note."], "note.txt", { type: "text/plain" }));
      data.items.add(new File([new Uint8Array(2_000_000)], "large.png", { type: "image/png" }));
      form.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
      form.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    const list = chat.page.getByRole("list", { name: "Goes along with the message" });
    await list.getByText("note.txt").waitFor();
    await list.getByText(/This provider stores no files/).waitFor();
    await chat.input.fill("Read it");
    assert.equal(await chat.button("Send").isDisabled(), true, "not with a file that isn't there");
    await chat.button("Remove large.png").click();
    await stage.script(says("A note."));
    await chat.input.press("Enter");
    await chat.shows("A note.");
    await chat.page.locator("article.user").getByText("note.txt").waitFor();
  });

  test("a prompt with a variable", async () => {
    await chat.button("Add files, items or a prompt").click();
    await chat.button("Prompts…").click();
    const dialog = chat.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "New prompt" }).click();
    await dialog.getByLabel("Name").fill("Summary");
    await dialog.getByLabel("Text").fill("Sum up {{topic}} in a line.");
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("button", { name: /Summary/ }).first().click();
    await dialog.getByLabel("topic").fill("whales");
    await dialog.getByRole("button", { name: "Use" }).click();
    assert.equal(await chat.input.inputValue(), "Sum up whales in a line.");
  });
});

describe("conversations", () => {
  test("survive a reload; are found, renamed and deleted", async () => {
    await stage.script(says("About whales."));
    await chat.say("Tell me of the sea");
    await chat.shows("About whales.");
    await chat.rest();
    await chat.page.reload();
    await chat.shows("About whales.");
    await chat.button("New conversation").click();
    await stage.script(says("About ants."));
    await chat.say("Tell me of the ground");
    await chat.shows("About ants.");
    await chat.page.getByLabel("Search conversations").fill("whales");
    await chat.page.getByRole("button", { name: /Tell me of the sea/ }).first().click();
    await chat.shows("About whales.");
    await chat.page.getByLabel("Search conversations").fill("");
    await chat.button("Actions for Tell me of the sea").click();
    await chat.button("Rename").click();
    await chat.page.getByLabel("Rename").fill("Sea");
    await chat.page.keyboard.press("Enter");
    await chat.page.getByRole("heading", { name: "Sea" }).waitFor();
    await chat.button("Actions for Sea").click();
    const saved = chat.page.waitForEvent("download");
    await chat.button("Save as Markdown").click();
    assert.equal((await saved).suggestedFilename(), "sea.md");
    await chat.button("Actions for Sea").click();
    await chat.button("Delete conversation").click();
    await chat.page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    assert.equal(await chat.page.getByText("Sea", { exact: true }).count(), 0);
    const kept = await chat.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".conversation.")).length);
    assert.equal(kept, 1);
  });

  test("an answer that a reload cut off can be asked for again", async () => {
    await stage.script(says("word ".repeat(500), { delay_ms: 30 }));
    await chat.say("Talk");
    await chat.shows(/word word/);
    await chat.page.waitForTimeout(2500);
    await chat.page.reload();
    await chat.page.getByText("The last answer isn't complete.").waitFor();
    await stage.script(says("Whole now."));
    await chat.button("Try again").click();
    await chat.shows("Whole now.");
  });
});
