// Data Studio in Chromium, as a person uses it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const CHROMIUM = "/usr/bin/chromium";
const SCREENSHOTS = process.env.TEST_SCREENSHOTS ?? path.join(tmpdir(), "palisade-screenshots");
const WAIT_MS = 30_000;

/** Starts Chromium from Debian's package, which is installed where it is missing and may be. */
export async function startBrowser() {
  const install = spawn(path.join(here, "..", "install-debian-package.sh"), ["chromium", CHROMIUM], { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(install, "close");
  if (code !== 0) throw new Error("Chromium is missing");
  await mkdir(SCREENSHOTS, { recursive: true });
  // Chromium's own sandbox needs a user that isn't root.
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** Signs in and gives the session, for any number of pages. */
export async function signIn(browser, url, { email, password }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(`${url}/admin/login`);
  await page.locator("input[type=email]").fill(email);
  await page.locator("input[type=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL((at) => !at.pathname.startsWith("/admin/login"));
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

/** A page with nothing remembered but the session. What it complains about is in `complaints`. */
export async function freshPage(browser, cookies) {
  const context = await browser.newContext({ storageState: { cookies, origins: [] }, viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  /** Gives the session as it is now: the app renews it, and the one before ends. */
  const close = async () => {
    const renewed = await context.cookies();
    await context.close();
    return renewed;
  };
  return { page, complaints, close };
}

export const screenshot = (page, name) => page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });

/** Data Studio's own panel. */
export class Panel {
  constructor(page, url) {
    this.page = page;
    this.url = url;
    /** Bodies that the panel posted. */
    this.posts = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && new URL(request.url()).pathname === "/ai/chat") this.posts.push(request.postDataJSON());
    });
    this.messages = page.locator(".ai-message-list");
    this.input = page.locator(".ai-textarea");
  }

  /** Opens a page of the app, and the panel. */
  async open(at) {
    await this.page.goto(this.url + at);
    const entry = this.page.getByText("AI Assistant").first();
    await entry.waitFor();
    if (!(await this.input.isVisible())) await entry.click();
    await this.input.waitFor();
  }

  async say(text) {
    await this.input.fill(text);
    await this.input.press("Enter");
  }

  /** Waits for a text in the conversation. */
  shows(text) {
    return this.messages.getByText(text).first().waitFor();
  }

  button(name) {
    return this.page.locator(".ai-conversation").getByRole("button", { name, exact: typeof name === "string" });
  }
}
