// The manual's quick start in each language, its commands word for word, from a new tool to an answer in
// `palisade chat`. Prints how long each took and how large the component is.
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startFake } from "../sdk/fake.mjs";
import { startPalisade } from "../sdk/harness.mjs";
import { program, run } from "../sdk/process.mjs";

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const MODEL = "scripted";
const SECONDS = 900;

let fake;
let palisade;
let folder;

before(async () => {
  fake = await startFake();
  palisade = await startPalisade({ fake, catalogue: false, models: [MODEL], workspace: { approvals: "writes" } });
  folder = await mkdtemp(path.join(tmpdir(), "palisade-manual-"));
  // Stands for `palisade` on the data folder of a host: `--data-dir`, as the manual says.
  const quoted = [program("palisade", "PALISADE_BIN"), path.join(palisade.folder, "palisade.toml"), palisade.dataDir].map((it) => `'${it}'`);
  const shim = path.join(folder, "palisade");
  await writeFile(shim, `#!/bin/sh\nexec ${quoted[0]} --config ${quoted[1]} --data-dir ${quoted[2]} "$@"\n`);
  await chmod(shim, 0o755);
});

after(async () => {
  await palisade?.stop();
  await fake?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** The one block of commands of a section of the quick start. */
async function commands(section) {
  const manual = await readFile(path.join(ROOT, "docs", "plugins.md"), "utf8");
  const [, start] = manual.split("## Quick start\n");
  const [, text] = start.split(`### ${section}\n`);
  assert.ok(text, `the manual has the section ${section}`);
  return text.match(/```sh\n([^]*?)```/)[1];
}

/** Runs commands in a shell, as somebody who types them. */
async function shell(script, cwd) {
  const env = { PATH: `${folder}:${process.env.PATH}`, CARGO_TARGET_DIR: "target" };
  return run("/bin/sh", ["-e", "-c", script], { cwd, env, seconds: SECONDS });
}

const LANGUAGES = [
  // The manual tells how to take the crate from a checkout.
  ["Rust", "target/wasm32-unknown-unknown/release/word_count.wasm", (script) => script.replace("--language rust", `--language rust --sdk '${ROOT}/sdk/rust'`)],
  ["JavaScript", "word-count.wasm", (script) => script],
  ["Python", "word-count.wasm", (script) => script],
];

for (const [language, component, adapt] of LANGUAGES) {
  test(`${language}: from a new tool to an answer`, { timeout: SECONDS * 1000 }, async (context) => {
    const place = await mkdtemp(path.join(folder, "tool-"));
    const begun = performance.now();
    await shell(adapt(await commands(language)), place);
    const seconds = (performance.now() - begun) / 1000;
    const { size } = await stat(path.join(place, "word-count", component));
    context.diagnostic(`${language}: ${seconds.toFixed(0)} s from \`tools new\` to \`tools add\`, ${(size / 1024).toFixed(0)} KiB`);

    const call = { name: "word-count__count_words", arguments: { collection: "articles", key: 1, field: "title" } };
    const steps = [{ answer: "message", tool_calls: [call] }, { answer: "message", text: "It has some words." }];
    await fake.script(MODEL, { steps });
    await fake.forget();
    const said = await shell(await commands("Then, in any language"), path.join(place, "word-count"));
    assert.match(said, /It has some words\./);
    const { title } = await palisade.item("articles", 1);
    const words = title.split(/\s+/u).filter(Boolean).length;
    const answered = JSON.stringify((await fake.requests()).at(-1).body.messages.at(-1));
    assert.ok(answered.includes(`\\"words\\":${words}`) || answered.includes(`\\"words\\": ${words}`), answered);
    await shell("palisade tools remove word-count", place);
  });
}
