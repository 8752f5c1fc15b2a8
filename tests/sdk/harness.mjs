// A Palisade host on a folder of its own, with the sample project and the fake provider.
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FAKE_KEY } from "./fake.mjs";
import { Child, eventually, program, run } from "./process.mjs";

/** The people of the tests: each has a password and a static token. */
export const PEOPLE = Object.fromEntries(
  [
    ["admin", ["--admin"]],
    ["editor", ["--policy", "editor"]],
    ["colleague", ["--policy", "editor"]],
    ["reader", ["--policy", "reader"]],
  ].map(([name, options]) => [
    name,
    { email: `${name}@tests.example`, password: `the-${name}s-password-in-tests`, token: `token-of-the-${name}-0123456789abcdef`, options },
  ]),
);

/**
 * Starts a host.
 *
 * - `fake`: the fake provider; `models`: the models to allow besides its catalogue
 * - `workspace`: further keys of `[workspace]`; `limits`: those of `[limits]`
 * - `twinOf`: a host whose project, state database and master key this one shares, as another workspace
 * - `kind`: the provider's kind; `catalogue`: whether the fake's own models are allowed;
 *   `withoutKey`: leaves it without a key
 */
export async function startPalisade({ fake, models = [], workspace = {}, limits = {}, twinOf, kind = "openai-compatible", catalogue = true, withoutKey = false }) {
  const folder = await mkdtemp(join(tmpdir(), "palisade-"));
  const dataDir = join(folder, "data");
  const config = join(folder, "palisade.toml");
  const projectCopy = join(folder, "project-copy");
  const binary = program("palisade", "PALISADE_BIN");
  const command = (args, options = {}) =>
    run(binary, ["--config", config, "--data-dir", dataDir, ...args], { cwd: folder, ...options });
  const state = twinOf?.state ?? {
    databaseUrl: `sqlite://${join(dataDir, "palisade.db")}`,
    masterKeyFile: join(dataDir, "master.key"),
  };
  let child;
  const stop = async () => {
    await child?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(config, await configuration({ fake, kind, models: catalogue ? [...(await fake.models()), ...models] : models, workspace, limits, state }));
    if (twinOf) {
      await cp(twinOf.projectCopy, dataDir, { recursive: true });
    } else {
      await command(["keys", "create-master"]);
      await command(["project", "init", "--sample", "newsroom"]);
      for (const { email, password, token, options } of Object.values(PEOPLE)) {
        await command(["project", "user", "add", email, "--password-stdin", "--token", token, ...options], { input: `${password}\n` });
      }
    }
    if (!withoutKey) await command(["keys", "set", "fake"], { input: `${FAKE_KEY}\n` });
    // Copied while no process has it open, with the side files that hold its latest changes.
    await mkdir(projectCopy);
    for (const name of await readdir(dataDir)) {
      if (name.startsWith("project.db")) await cp(join(dataDir, name), join(projectCopy, name));
    }
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
    return { url, folder, dataDir, projectCopy, state, command, stop, ...reader(url, command), logs: () => child.output };
  } catch (error) {
    if (child) error.message += `\n--- host ---\n${child.output}`;
    await stop();
    throw error;
  }
}

/** The base URL of the fake, where a kind's isn't OpenAI's. */
const baseUrls = { anthropic: (fake) => fake.rootUrl, google: (fake) => `${fake.rootUrl}/v1beta` };

/** Lines of a table in TOML, whose texts, numbers and lists are written as JSON's. */
export const table = (entries) =>
  Object.entries(entries)
    .map(([key, item]) => `${key} = ${JSON.stringify(item)}`)
    .join("\n");

async function configuration({ fake, kind, models, workspace, limits, state }) {
  return `
${table({ database_url: state.databaseUrl, master_key_file: state.masterKeyFile })}

[workspace]
${table(workspace)}

[[providers]]
${table({ id: "fake", kind, base_url: baseUrls[kind]?.(fake) ?? fake.baseUrl, allowed_models: models })}

[egress]
${table({ allow_private: [fake.authority] })}

[limits]
${table(limits)}
`;
}

/** How far users may set a tool to "always", as the administrator of this token decides. */
export async function setCeiling(assistant, token, tool, mode) {
  const response = await fetch(`${assistant}/ai/admin/tools/${tool}`, {
    method: "PATCH",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ default: mode }),
  });
  if (!response.ok) throw new Error(`the ceiling of ${tool}: ${response.status} ${await response.text()}`);
}

/** What tests read from a host. */
function reader(url, command) {
  const get = async (path, token = PEOPLE.admin.token) => {
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(20_000),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(body)}`);
    return body.data;
  };
  return {
    get,
    /** An item as the administrator sees it. */
    item: (collection, key) => get(`/items/${collection}/${key}`),
    /** Items with this value, as the administrator sees them. */
    itemsWith: (collection, field, value) =>
      get(`/items/${collection}?${new URLSearchParams({ [`filter[${field}][_eq]`]: value, limit: "-1" })}`),
    /** Signs in with a password and gives the access token. */
    login: async ({ email, password }) => {
      const response = await fetch(`${url}/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email, password }),
        signal: AbortSignal.timeout(20_000),
      });
      return (await response.json()).data.access_token;
    },
    /** All rows of the ledger, oldest first. */
    ledger: async () => {
      const lines = (await command(["ledger", "export", "--format", "jsonl"])).split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line));
    },
  };
}
