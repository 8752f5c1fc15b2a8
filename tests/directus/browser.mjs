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
const SCREENSHOTS = process.env.PALISADE_SCREENSHOTS ?? path.join(tmpdir(), "palisade-screenshots");
const WAIT_MS = 15_000;

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

/** Signs in and gives the page. What the page complains about from then on is in `complaints`. */
export async function signIn(browser, url, { email, password }) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(`${url}/admin/login`);
  await page.locator("input[type=email]").fill(email);
  await page.locator("input[type=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL((at) => !at.pathname.startsWith("/admin/login"));
  await page.waitForLoadState("networkidle");
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, complaints };
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

  /** Opens a page of the app with an empty conversation and no remembered modes of tools. */
  async open(at) {
    await this.page.goto(this.url + at);
    await this.page.evaluate(() => {
      for (const name of ["directus-ai-chat-messages", "ai-tool-approvals"]) localStorage.removeItem(name);
    });
    await this.page.reload();
    await this.page.waitForLoadState("networkidle");
    if (!(await this.input.isVisible())) await this.page.getByText("AI Assistant").first().click();
    await this.input.waitFor();
    this.posts.length = 0;
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
