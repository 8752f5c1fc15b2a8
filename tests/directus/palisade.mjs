// A Directus with the extension, which runs the built host, which asks the fake provider.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { FAKE_KEY, startFake } from "../sdk/fake.mjs";
import { table } from "../sdk/harness.mjs";
import { eventually, program, run } from "../sdk/process.mjs";
import { start } from "./directus.mjs";
import { extensionsFolder } from "./extension.mjs";

const SEED = path.join(path.dirname(fileURLToPath(import.meta.url)), "seeds", "newsroom.mjs");
/** The model that tests give scenarios to. */
export const MODEL = "scripted";
/** Offered by the host but not by this Directus. */
export const UNOFFERED_MODEL = "not-offered-by-directus";

/** The provider whose models this Directus offers too. */
const OPENAI = { id: "openai", kind: "openai", models: [MODEL, UNOFFERED_MODEL] };

/**
 * Starts everything.
 *
 * - `env`: added to Directus's environment
 * - `fake`: a fake provider that is there already, and stays
 * - `provider`: the host's only one, with the models that it allows; `workspace`: further keys of `[workspace]`
 */
export async function startAll({ version, env = {}, fake: given, provider = OPENAI, workspace = {} } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-in-directus-"));
  const dataDir = path.join(folder, "palisade");
  const binary = program("palisade", "PALISADE_BIN");
  const stops = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const fake = given ?? (await startFake());
    if (!given) stops.push(() => fake.stop());
    const extensions = await extensionsFolder();
    stops.push(() => rm(extensions, { recursive: true, force: true }));
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(path.join(dataDir, "palisade.toml"), configuration({ fake, provider, workspace }));
    const command = (...args) => run(binary, ["--data-dir", dataDir, ...args], { cwd: folder, input: `${FAKE_KEY}\n` });
    await command("keys", "create-master");
    await command("keys", "set", provider.id);
    const directus = await start({
      version,
      seed: SEED,
      extensions,
      env: { PALISADE_BINARY: binary, PALISADE_DATA_DIR: dataDir, ...env },
    });
    stops.push(() => directus.stop());
    // The key is made up: the panel shows a provider when Directus has any, and the host has its own.
    await directus.request("PATCH", "/settings", { ai_openai_api_key: "sk-placeholder", ai_openai_allowed_models: [MODEL] });
    await eventually(async () => (await fetch(`${directus.url}/palisade/server/ping`)).ok, { seconds: 60, what: "the host", describe: directus.log });
    return { directus, fake, command, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration({ fake, provider, workspace }) {
  return `
[workspace]
${table({ backend: "directus", ...workspace })}

[[providers]]
${table({ id: provider.id, kind: provider.kind, base_url: fake.baseUrl, allowed_models: provider.models })}

[egress]
${table({ allow_private: [fake.authority] })}
`;
}
