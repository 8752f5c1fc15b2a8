// The README's steps for an administrator, run word for word in the folder of a fresh Directus, up to
// the first answer in Data Studio.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { eventually, program, run } from "../sdk/process.mjs";
import { freshPage, screenshot, signIn, startBrowser } from "./browser.mjs";
import { ADMIN, freePort, install, NODE_FOLDER, VERSIONS } from "./directus.mjs";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const ASSIGNMENT = "PALISADE=/path/to/this/checkout\n";
const cleanups = [];
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** The block of commands that an administrator copies. */
async function steps() {
  const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
  const [, section] = readme.split("### Beside your Directus\n");
  assert.ok(section, "the README has the section");
  const blocks = [...section.split("\n### ")[0].matchAll(/```sh\n([^]*?)```/g)].map((match) => match[1]);
  const found = blocks.filter((block) => block.startsWith(ASSIGNMENT));
  assert.equal(found.length, 1, "one block begins with the path of the checkout");
  return found[0];
}

/** What `make directus` leaves, with the program that the tests were built with. */
async function checkout(folder) {
  await mkdir(path.join(folder, "target", "release"), { recursive: true });
  await symlink(program("palisade", "PALISADE_BIN"), path.join(folder, "target", "release", "palisade"));
  await cp(path.join(ROOT, "extension"), path.join(folder, "extension"), {
    recursive: true,
    filter: (source) => !source.includes(`${path.sep}node_modules`),
  });
}

/** An installation in a new folder. Its many files are linked; those that npm writes to are copied. */
async function linkedCopy(installation, folder) {
  const copy = (how) => run("cp", [how, installation, folder], { seconds: 600 });
  // A folder on another file system can't be linked to.
  await copy("-al").catch(async () => {
    await rm(folder, { recursive: true, force: true });
    await copy("-a");
  });
  for (const name of ["package.json", "package-lock.json", "node_modules/.package-lock.json"]) {
    const file = path.join(folder, name);
    const content = await readFile(file);
    await rm(file);
    await writeFile(file, content);
  }
}

/** Commands in a process group of their own: npm doesn't hand signals on to what it runs. */
function startGroup(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const closed = once(child, "close");
  const signal = (name) => {
    try {
      process.kill(-child.pid, name);
    } catch {
      // All of them have ended.
    }
  };
  const stop = async () => {
    signal("SIGTERM");
    const hard = setTimeout(() => signal("SIGKILL"), 10_000);
    await closed;
    clearTimeout(hard);
  };
  return { output: () => output, stop };
}

test("a fresh Directus answers in Data Studio after the README's steps", async () => {
  const commands = await steps();
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-readme-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  await checkout(path.join(folder, "palisade"));

  // Directus's own installation, and its first administrator.
  const project = path.join(folder, "project");
  await linkedCopy(await install(VERSIONS[0]), project);
  const port = await freePort();
  const settings = {
    KEY: "readme", SECRET: "a-secret-for-tests-alone-0123456789",
    DB_CLIENT: "sqlite3", DB_FILENAME: "./data.db",
    ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password,
    HOST: "127.0.0.1", PORT: port, TELEMETRY: "false", PROJECT_OWNER_ENABLED: "false",
  };
  await writeFile(path.join(project, ".env"), Object.entries(settings).map(([name, value]) => `${name}="${value}"\n`).join(""));
  const env = { PATH: `${path.join(NODE_FOLDER, "bin")}:${process.env.PATH}`, npm_config_audit: "false", npm_config_fund: "false" };
  await run("npx", ["directus", "bootstrap"], { cwd: project, env, seconds: 300 });

  const started = Date.now();
  const script = commands.replace(ASSIGNMENT, `PALISADE=${path.join(folder, "palisade")}\n`);
  await writeFile(path.join(folder, "steps.sh"), `set -e\n${script.replace("npx directus start", "exec npx directus start")}`);
  const directus = startGroup("bash", [path.join(folder, "steps.sh")], { cwd: project, env: { ...process.env, ...env } });
  cleanups.push(() => directus.stop());
  const url = `http://127.0.0.1:${port}`;
  const answers = (at) => fetch(url + at).then((answer) => answer.ok, () => false);
  await eventually(() => answers("/palisade/server/ping"), { seconds: 300, what: "the host", describe: directus.output });

  const browser = await startBrowser();
  cleanups.push(() => browser.close());
  const { page, complaints } = await freshPage(browser, await signIn(browser, url, ADMIN));
  await page.goto(`${url}/admin/palisade`);
  // What Directus 12 asks every new administrator first.
  await page.getByRole("button", { name: "Skip" }).click();
  const chat = page.locator(".palisade-chat");
  await chat.getByRole("button", { name: "Send" }).waitFor();
  await page.getByLabel("Message").fill("Which collections are there?");
  await page.keyboard.press("Enter");
  // Every tool call asks in a workspace that nobody has set up otherwise.
  await chat.getByRole("button", { name: "Approve" }).click();
  await eventually(async () => /collection/i.test(await chat.locator("article.answer").allInnerTexts().then((all) => all.join(" "))), {
    seconds: 60, what: "an answer", describe: () => chat.innerText(),
  });
  await screenshot(page, "readme-first-answer");
  console.error(`from the first command to the first answer: ${Math.round((Date.now() - started) / 1000)} s`);
  assert.deepEqual(complaints, [], "the browser's console");
});
