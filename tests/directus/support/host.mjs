// A Palisade host beside a real Directus, asking the fake provider.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { FAKE_KEY } from "../../sdk/fake.mjs";
import { Child, eventually, program, run } from "../../sdk/process.mjs";

/** The model that tests script, which takes text alone. */
export const MODEL = "scripted";
/** A model that tests script and that looks at images. */
export const SEEING_MODEL = "scripted-seeing";

/**
 * Starts a host.
 *
 * `directus` is the address that it asks, `studio` the one that people open; `allowed` are addresses
 * besides the fake's that may be private.
 */
export async function startHost({ fake, directus, studio = directus, allowed = [] }) {
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-beside-directus-"));
  const dataDir = path.join(folder, "data");
  const config = path.join(folder, "palisade.toml");
  const binary = program("palisade", "PALISADE_BIN");
  const command = (args, input = "") => run(binary, ["--config", config, "--data-dir", dataDir, ...args], { cwd: folder, input });
  let child;
  const stop = async () => {
    await child?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(config, configuration({ fake, directus, studio, allowed }));
    await command(["keys", "create-master"]);
    await command(["keys", "set", "fake"], `${FAKE_KEY}\n`);
    child = new Child(binary, ["--config", config, "--data-dir", dataDir, "serve", "--listen", "127.0.0.1:0"], {
      cwd: folder,
      env: { PALISADE_LOG: process.env.PALISADE_LOG ?? "info" },
    });
    const [, authority] = await child.says(/\b(127\.0\.0\.1:\d+)\b/, 120);
    const url = `http://${authority}`;
    await eventually(async () => (await fetch(`${url}/server/ping`).catch(() => undefined))?.ok, {
      what: "the host's first answer",
      describe: () => child.output,
    });
    return { url, stop, logs: () => child.output, ledger: () => ledger(command) };
  } catch (error) {
    if (child) error.message += `\n--- host ---\n${child.output}`;
    await stop();
    throw error;
  }
}

/** All rows of the ledger, oldest first. */
async function ledger(command) {
  const lines = await command(["ledger", "export", "--format", "jsonl"]);
  return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

function configuration({ fake, directus, studio, allowed }) {
  const value = JSON.stringify;
  return `
public_url = ${value(directus)}

[workspace]
backend = "directus"
approvals = "writes"

[directus]
url = ${value(directus)}
public_url = ${value(studio)}

[[providers]]
id = "fake"
kind = "openai-compatible"
base_url = ${value(fake.baseUrl)}
allowed_models = ${value([MODEL, SEEING_MODEL])}
models = [{ id = ${value(SEEING_MODEL)}, capabilities = ["images"] }]

[egress]
allow_private = ${value([fake.authority, ...allowed])}
`;
}
