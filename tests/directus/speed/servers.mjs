// The servers that are compared: a fresh Directus for each case, with Palisade beside it, in it or not.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { FAKE_KEY } from "../../sdk/fake.mjs";
import { Child, eventually, program, run } from "../../sdk/process.mjs";
import { start } from "../directus.mjs";
import { extensionsFolder } from "../extension.mjs";
import { descendants } from "./processes.mjs";

const SEED = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "seeds", "newsroom.mjs");

/** What was started, to be stopped in the opposite order, once, however the run ends. */
export class Started {
  #stops = [];

  add(stop) {
    this.#stops.push(stop);
  }

  async stop() {
    for (const stop of this.#stops.splice(0).reverse()) await stop().catch((error) => console.error(`speed: ${error.message}`));
  }
}

/**
 * Starts what one case needs: `{url, log, processes}`; `log()` is Directus's, with that of a host in it, and
 * `processes` names the ids of each server.
 *
 * `palisade` is `none` (Directus alone), `beside` (a host that asks Directus) or `inside` (the
 * extension, which runs the host); `env` is added to Directus's environment.
 */
export async function startServers({ palisade, env = {} }, { fake, models, version, started }) {
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-speed-"));
  started.add(() => rm(folder, { recursive: true, force: true }));
  const dataDir = path.join(folder, "data");
  const binary = palisade !== "none" && program("palisade", "PALISADE_BIN");
  if (binary) await prepare(binary, dataDir, fake, models);
  let extensions;
  if (palisade === "inside") {
    extensions = await extensionsFolder();
    started.add(() => rm(extensions, { recursive: true, force: true }));
    env = { PALISADE_BINARY: binary, PALISADE_DATA_DIR: dataDir, PALISADE_WORKSPACE__APPROVALS: "writes", ...env };
  }
  // The built-in assistant reaches the provider by the variable that its SDK reads.
  const directus = await start({ version, seed: SEED, extensions, env: { OPENAI_BASE_URL: fake.baseUrl, ...env } });
  started.add(() => directus.stop());
  await directus.request("PATCH", "/settings", { ai_openai_api_key: FAKE_KEY, ai_openai_allowed_models: models });
  if (palisade === "none") return { url: directus.url, log: directus.log, processes: { directus: [directus.pid], host: [] } };
  if (palisade === "inside") {
    const ping = async () => (await fetch(`${directus.url}/palisade/server/ping`)).ok;
    await eventually(ping, { seconds: 60, what: "the host", describe: directus.log });
    return { url: directus.url, log: directus.log, processes: { directus: [directus.pid], host: await descendants(directus.pid) } };
  }
  const host = await startBeside(binary, dataDir, directus.url, started);
  return { url: host.url, log: directus.log, processes: { directus: [directus.pid], host: [host.pid] } };
}

async function prepare(binary, dataDir, fake, models) {
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(path.join(dataDir, "palisade.toml"), configuration(fake, models));
  for (const args of [["create-master"], ["set", "openai"]]) {
    await run(binary, ["--data-dir", dataDir, "keys", ...args], { cwd: dataDir, input: `${FAKE_KEY}\n` });
  }
}

function configuration(fake, models) {
  return `
[workspace]
backend = "directus"
approvals = "writes"

[[providers]]
id = "openai"
kind = "openai"
base_url = ${JSON.stringify(fake.baseUrl)}
allowed_models = ${JSON.stringify(models)}

[egress]
allow_private = [${JSON.stringify(fake.authority)}]
`;
}

async function startBeside(binary, dataDir, directus, started) {
  const child = new Child(binary, ["--data-dir", dataDir, "serve", "--listen", "127.0.0.1:0"], {
    cwd: dataDir,
    env: { PALISADE_DIRECTUS__URL: directus },
  });
  const kill = () => child.status === undefined && child.pid && process.kill(child.pid, "SIGKILL");
  process.once("exit", kill);
  started.add(async () => {
    await child.stop();
    process.off("exit", kill);
  });
  const [, authority] = await child.says(/\b(127\.0\.0\.1:\d+)\b/, 120);
  return { url: `http://${authority}`, pid: child.pid };
}
