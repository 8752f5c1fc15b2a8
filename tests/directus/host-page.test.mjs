// The host's own page beside a real Directus, and the settings in Data Studio.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { Child, program, run } from "../sdk/process.mjs";
import { freshPage, screenshot, signIn, startBrowser } from "./browser.mjs";
import { ADMIN, VERSIONS } from "./directus.mjs";
import { startAll } from "./palisade.mjs";
import { USERS } from "./seeds/newsroom.mjs";

/** A host of its own, with the demo model. */
async function startHost(directus) {
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-beside-directus-"));
  const binary = program("palisade", "PALISADE_BIN");
  const options = { cwd: folder, env: { PALISADE_WORKSPACE__BACKEND: "directus", PALISADE_DIRECTUS__URL: directus.url, PALISADE_WORKSPACE__APPROVALS: "writes" } };
  await run(binary, ["--data-dir", folder, "keys", "create-master"], options);
  const child = new Child(binary, ["--data-dir", folder, "serve", "--listen", "127.0.0.1:0"], options);
  const [, authority] = await child.says(/\b(127\.0\.0\.1:\d+)\b/, 120);
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://${authority}`, stop };
}

/** What an authenticator app shows now for a secret in base 32 (RFC 6238). */
function oneTimeCode(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const at = digest[19] & 0xf;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Calls `act` while the administrator's password alone is not enough, with the secret of the second factor. */
async function withTwoFactors(directus, act) {
  const { secret } = await directus.request("POST", "/users/me/tfa/generate", { password: ADMIN.password });
  await directus.request("POST", "/users/me/tfa/enable", { secret, otp: oneTimeCode(secret) });
  try {
    await act(secret);
  } finally {
    await directus.request("POST", "/users/me/tfa/disable", { otp: oneTimeCode(secret) });
  }
}

for (const version of VERSIONS) {
  describe(`The host's page beside Directus ${version}`, () => {
    let all;
    let host;
    let browser;
    let fresh;
    let page;

    before(async () => {
      all = await startAll({ version });
      host = await startHost(all.directus);
      browser = await startBrowser();
    });
    beforeEach(async () => {
      fresh = await freshPage(browser, []);
      page = fresh.page;
    });
    afterEach(async (context) => {
      await screenshot(page, `host-page-${version}-${context.name.replaceAll(/\W+/g, "-")}`);
      await fresh.close();
      // Asking who is there before signing in is answered with a refusal.
      const isRefusal = (complaint) => /status of 40[013]/.test(complaint) && /\/(users|auth|policies)\b/.test(complaint);
      assert.deepEqual(fresh.complaints.filter((complaint) => !isRefusal(complaint)), [], "the browser's console");
    });
    after(async () => {
      await browser?.close();
      await host?.stop();
      await all?.stop();
    });

    const enter = async ({ email, password }) => {
      await page.goto(host.url);
      await page.locator("input[type=email]").fill(email);
      await page.locator("input[type=password]").fill(password);
      await page.keyboard.press("Enter");
    };
    const isIn = () => page.locator("form[data-model]").waitFor();
    const session = async () => (await page.context().cookies(host.url)).find(({ name }) => name === "directus_session_token");

    test("whom Directus doesn't let in stays out", async () => {
      await enter({ ...USERS.editor, password: "wrong" });
      await page.getByRole("alert").waitFor();
      assert.equal(await session(), undefined);
    });

    test("a user signs in, asks, comes back and leaves", async () => {
      await enter(USERS.editor);
      await isIn();
      const { httpOnly, sameSite, value } = await session();
      assert.deepEqual([httpOnly, sameSite], [true, "Lax"]);
      await page.getByLabel("Message", { exact: true }).fill("How many articles are there?");
      await page.keyboard.press("Enter");
      await page.locator("article.answer[aria-busy=false]").getByText(/articles/).first().waitFor();
      await page.reload();
      await isIn();
      await page.getByRole("button", { name: "Settings of this page" }).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.locator("input[type=email]").waitFor();
      assert.equal(await session(), undefined);
      const after = await fetch(`${all.directus.url}/users/me`, { headers: { authorization: `Bearer ${value}` } });
      assert.ok([401, 403].includes(after.status), `the session that ended in Directus: ${after.status}`);
    });

    test("an account with two factors is asked for its code", async () => {
      await withTwoFactors(all.directus, async (secret) => {
        await enter(ADMIN);
        const code = page.getByLabel("One-time code");
        await code.fill("000000");
        await page.keyboard.press("Enter");
        await page.getByRole("alert").getByText(/That code is wrong/).waitFor();
        await code.fill(oneTimeCode(secret));
        await page.keyboard.press("Enter");
        await isIn();
      });
    });

    test("an administrator finds the settings there, with the project's roles", async () => {
      await enter(ADMIN);
      await isIn();
      await page.goto(`${host.url}/#/admin/tools`);
      const tool = page.locator("details").filter({ has: page.getByText("items", { exact: true }) });
      await tool.locator("summary").click();
      await tool.getByLabel("Role Administrator").waitFor();
    });

    test("and in Data Studio", async () => {
      const cookies = await signIn(browser, all.directus.url, ADMIN);
      const studio = await freshPage(browser, cookies);
      await studio.page.goto(`${all.directus.url}/admin/palisade#/admin/health`);
      const settings = studio.page.locator(".palisade-chat");
      await settings.getByText("Database of the host").waitFor();
      await settings.getByText("Provider openai").waitFor();
      await screenshot(studio.page, `settings-in-studio-${version}`);
      await studio.close();
      assert.deepEqual(studio.complaints, []);
    });
  });
}
