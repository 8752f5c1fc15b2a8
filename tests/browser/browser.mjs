// The page in Chromium, as a person uses it.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const SCREENSHOTS = process.env.TEST_SCREENSHOTS ?? path.join(tmpdir(), "palisade-screenshots");
const WAIT_MS = 20_000;

export async function startBrowser() {
  await mkdir(SCREENSHOTS, { recursive: true });
  // Chromium's own sandbox needs a user that isn't root.
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args });
}

const SHOTS = process.env.TEST_SHELL ? `${process.env.TEST_SHELL}-` : "";

/**
 * Opens the screens and signs in. What they complain about and what they ask of other origins is kept;
 * a violation of their policy is a complaint.
 */
export async function openPage(browser, { host, enter, isExpected }, person, { width = 1280, height = 860, dark = false, language = "en", storage = {} } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    locale: language,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await context.addInitScript((values) => {
    for (const [key, value] of Object.entries(values)) if (localStorage.getItem(key) === null) localStorage.setItem(key, value);
  }, storage);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  const foreign = [];
  page.on("console", (message) => {
    const complaint = `${message.text()} (${message.location().url})`;
    // A provider that stores no files refuses them.
    const isRefusedFile = /status of 4\d\d .*\/ai\/files/.test(complaint);
    if (message.type() === "error" && !isRefusedFile && !isExpected(complaint)) complaints.push(complaint);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const address = request.url();
    if (!address.startsWith(`${host.url}/`) && !/^(data|blob|about):/.test(address)) foreign.push(address);
  });
  await enter(page, host, person, { language });
  return new ChatPage(page, context, { complaints, foreign });
}

export class ChatPage {
  constructor(page, context, seen) {
    Object.assign(this, { page, context, ...seen });
    this.input = page.getByLabel("Message", { exact: true });
    this.answers = page.locator("article.answer");
    this.card = page.locator(".approval");
  }

  async choose(model) {
    await this.page.getByRole("button", { name: /^Model/ }).click();
    await this.page.getByRole("option", { name: model, exact: true }).click();
  }

  async say(text) {
    await this.input.fill(text);
    await this.input.press("Enter");
  }

  shows(text) {
    return this.answers.getByText(text).first().waitFor();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** Waits until no answer is being written. */
  async rest() {
    await this.page.waitForFunction(() => document.querySelector("article[aria-busy=true]") === null && document.querySelector("button[aria-label=Stop]") === null);
  }

  /** Puts a conversation into the browser's storage, and opens it. */
  async keep(messages, title = "Kept") {
    await this.page.evaluate(
      ([kept, name]) => {
        const opened = Object.keys(localStorage).find((key) => key.endsWith(".open-conversation"));
        const user = opened.split(".")[1];
        localStorage.setItem(`palisade.${user}.conversation.kept`, JSON.stringify(kept));
        localStorage.setItem(`palisade.${user}.conversations`, JSON.stringify([{ id: "kept", title: name, named: true, at: 1 }]));
        localStorage.setItem(opened, JSON.stringify("kept"));
      },
      [messages, title],
    );
    await this.page.reload();
    await this.page.getByRole("heading", { name: title }).waitFor();
  }

  screenshot(name) {
    return this.page.screenshot({ path: path.join(SCREENSHOTS, `${SHOTS}${name}.png`) });
  }

  close() {
    return this.context.close();
  }

  /** The end of a test: how it looked, and nothing in the console, nothing asked of anybody else. */
  async finish(name) {
    await this.screenshot(name.replaceAll(/\W+/g, "-").slice(0, 90));
    await this.close();
    assert.deepEqual(this.complaints, [], "the browser's console, violations of the policy among it");
    assert.deepEqual(this.foreign, [], "requests to other origins");
  }
}
