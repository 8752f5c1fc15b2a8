// The host's page in Chromium, as a person who is signed in sees it. What may never happen is kept:
// complaints of the browser, and requests to anybody but the host.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const SCREENSHOTS = process.env.TEST_SCREENSHOTS ?? path.join(tmpdir(), "palisade-screenshots");
const WAIT_MS = 20_000;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2, levels A and AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

export async function startBrowser() {
  await mkdir(SCREENSHOTS, { recursive: true });
  // Chromium's own sandbox needs a user that isn't root.
  return chromium.launch({ executablePath: CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
}

/** Opens the page as somebody. */
export async function visit(browser, host, person, { at = "", theme = "light", viewport = DESKTOP, locale = "en-GB" } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale, acceptDownloads: true });
  const signedIn = await context.request.post(`${host.url}/auth/login`, {
    headers: { origin: host.url },
    data: { email: person.email, password: person.password, mode: "session" },
  });
  assert.equal(signedIn.status(), 200, "signing in");
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  const foreign = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && origin !== new URL(host.url).origin) foreign.push(request.url());
  });
  await page.goto(`${host.url}/${at}`);
  return {
    page,
    /** An answer that is no success is told in the console; a test that provokes one says so. */
    forgive: (pattern) => {
      for (let index = complaints.length - 1; index >= 0; index -= 1) if (pattern.test(complaints[index])) complaints.splice(index, 1);
    },
    close: async () => {
      await context.close();
      assert.deepEqual(foreign, [], "requests to others than the host");
      assert.deepEqual(complaints, [], "the browser's console");
    },
  };
}

/** Finds nothing that keeps people with disabilities out, in both themes, and no page that is too wide. */
export async function assertAccessible(page, name) {
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    // Colours that are still changing have no contrast to judge.
    await page.waitForTimeout(200);
    await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${theme}.png`) });
    const { violations } = await page.evaluate(`${AXE}; axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`);
    const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`);
    assert.deepEqual(told, [], `${name} in ${theme}`);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`);
}
