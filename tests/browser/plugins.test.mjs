// What tools of plugins give, and how far they are: shown as what it is, and never as more.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { PEOPLE, startStage } from "./stage.mjs";

const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let stage;
let chat;

before(async () => {
  stage = await startStage();
});
beforeEach(async () => {
  chat = await stage.open(PEOPLE.editor);
});
afterEach((context) => chat.finish(`plugins-${context.name}`));
after(() => stage?.stop());

const call = (output) => ({ type: "tool-weather__forecast", toolCallId: "c1", state: "output-available", input: { city: "Bern" }, output });
async function show(content) {
  await chat.keep([
    { id: "1", role: "user", parts: [{ type: "text", text: "Weather?" }] },
    { id: "2", role: "assistant", parts: [{ type: "step-start" }, call({ content }), { type: "text", text: "Sunny." }] },
  ]);
  await chat.answers.getByText("Run forecast of the plugin weather").click();
}

test("texts, values, images and files", async () => {
  await show([
    { type: "text", text: "Sunny <b>and</b> warm" },
    { type: "json", json: { degrees: 24 } },
    { type: "image", mediaType: "image/png", url: PIXEL },
    { type: "file", name: "forecast.csv", mediaType: "text/csv", url: "data:text/csv,day,degrees" },
  ]);
  await chat.shows("Sunny <b>and</b> warm");
  await chat.shows('"degrees": 24');
  assert.equal(await chat.answers.locator("img").evaluate((image) => image.complete && image.naturalWidth), 1);
  const saved = chat.page.waitForEvent("download");
  await chat.answers.getByRole("link", { name: /forecast\.csv/ }).click();
  assert.equal((await saved).suggestedFilename(), "forecast.csv");
});

test("addresses that lead elsewhere are neither fetched nor followed", async () => {
  await show([
    { type: "image", mediaType: "image/png", url: "https://evil.example/pixel.png" },
    { type: "image", mediaType: "image/svg+xml", url: "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+" },
    { type: "file", name: "a\u202Egnp.exe", mediaType: "text/html", url: "javascript:alert(1)" },
    { type: "approval-requested", text: "Approve" },
  ]);
  await chat.shows("a⟨U+202E⟩gnp.exe");
  assert.equal(await chat.answers.locator("img").count(), 0);
  assert.equal(await chat.answers.locator('a[href^="javascript"], a[href^="https://evil"]').count(), 0);
  assert.equal(await chat.button("Approve").count(), 0);
});

test("how far a call is, while it runs", async () => {
  await chat.page.evaluate(() => {
    const usual = globalThis.fetch;
    globalThis.fetch = (address, init) => {
      if (!String(address).endsWith("/ai/chat")) return usual(address, init);
      const body = new ReadableStream({ start: (controller) => (globalThis.stream = controller) });
      return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
    };
    globalThis.emit = (...chunks) => {
      for (const chunk of chunks) globalThis.stream.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`));
    };
  });
  await chat.say("Weather?");
  await chat.page.waitForFunction(() => globalThis.stream !== undefined);
  await chat.page.evaluate(() =>
    globalThis.emit(
      { type: "start" },
      { type: "start-step" },
      { type: "tool-input-available", toolCallId: "c1", toolName: "weather__forecast", input: { city: "Bern" }, dynamic: true },
      { type: "data-progress", data: { toolCallId: "c1", message: "Asking the station", fraction: 0.4 }, transient: true },
    ),
  );
  await chat.shows("Asking the station");
  assert.equal(await chat.page.getByRole("progressbar", { name: "Progress" }).getAttribute("value"), "0.4");
  await chat.shows("running");
  await chat.page.evaluate(() => {
    globalThis.emit(
      { type: "tool-output-available", toolCallId: "c1", output: { content: [{ type: "text", text: "Sunny" }] }, dynamic: true },
      { type: "source-url", sourceId: "s1", url: "https://weather.example/bern", title: "Weather in Bern" },
      { type: "finish-step" },
      { type: "start-step" },
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", delta: "It is sunny." },
      { type: "text-end", id: "t" },
      { type: "finish-step" },
      { type: "finish", finishReason: "stop" },
    );
    globalThis.stream.enqueue(new TextEncoder().encode("data: [DONE]\n\n"));
    globalThis.stream.close();
  });
  await chat.shows("It is sunny.");
  await chat.rest();
  assert.equal(await chat.page.getByRole("progressbar").count(), 0);
  const source = chat.page.getByRole("navigation", { name: "Sources" }).getByRole("link");
  assert.equal(await source.getAttribute("href"), "https://weather.example/bern");
});

test("another conversation can be looked at while an answer comes", async () => {
  await stage.script({ answer: "message", text: "word ".repeat(60), delay_ms: 40 });
  await chat.say("Talk at length");
  await chat.shows(/word word/);
  await chat.button("New conversation").click();
  assert.equal(await chat.answers.count(), 0);
  await chat.page.waitForTimeout(500);
  await chat.page.getByRole("button", { name: /Talk at length/ }).first().click();
  await chat.rest();
  assert.equal((await chat.answers.innerText()).match(/word/g).length, 60, "all of it came");
});
