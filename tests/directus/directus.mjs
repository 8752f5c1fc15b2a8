// Starts real Directus servers on loopback for tests, each on a SQLite file of its own.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The Directus versions that Palisade supports, newest first. */
export const VERSIONS = ["12.4.0", "11.17.4"];
export const ADMIN = { email: "admin@example.com", password: "admin-demo-password", token: "admin-demo-token" };

const here = path.dirname(fileURLToPath(import.meta.url));
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "palisade");
/** The folder of the Node.js that Directus runs with, once a version is installed. */
export const NODE_FOLDER = path.join(cache, "node", "22.23.3");
const node = path.join(NODE_FOLDER, "bin", "node");
// The same for all: a template made with one can be opened with it only.
const SECRET = "a-secret-for-tests-alone-0123456789";
const READY_WITHIN_MS = 120_000;
const STOPPED_WITHIN_MS = 10_000;

/** Installs a version where it isn't yet, and gives its folder. */
export async function install(version) {
  const child = spawn(path.join(here, "install.sh"), [version], { stdio: ["ignore", "pipe", "inherit"] });
  let folder = "";
  child.stdout.on("data", (chunk) => (folder += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`Directus ${version} could not be installed`);
  return folder.trim();
}

/**
 * Starts a Directus and waits until it answers.
 *
 * `seed` is the path of a module whose default export fills a fresh project through its API
 * (`async ({url, token, version, request}) => …`); what it made is kept as a template, so that the
 * next start with the same seed takes seconds. `extensions` is the folder of extensions, `port` 0
 * takes a free one, `folder` is where the database and the log go.
 */
export async function start({ version = VERSIONS[0], seed, extensions, port = 0, env = {}, folder } = {}) {
  const installation = await install(version);
  const own = !folder;
  folder ??= await mkdtemp(path.join(tmpdir(), "palisade-directus-"));
  await mkdir(path.join(folder, "uploads"), { recursive: true });
  const database = path.join(folder, "directus.db");
  await copyFile(await template(version, installation, seed), database);
  const server = await launch({ version, installation, folder, database, extensions, port, env });
  const stop = server.stop;
  server.stop = async (signal) => {
    await stop(signal);
    if (own) await rm(folder, { recursive: true, force: true });
  };
  return server;
}

/** The path of a database that was bootstrapped and seeded. */
async function template(version, installation, seed) {
  const hash = createHash("sha256").update("1").update(SECRET);
  if (seed) hash.update(await readFile(seed));
  const name = `template-${hash.digest("hex").slice(0, 16)}.db`;
  const file = path.join(cache, "directus", "templates", version, name);
  try {
    await readFile(file, { flag: "r" });
    return file;
  } catch {
    // To be made.
  }
  console.error(`directus ${version}: bootstrapping a project`);
  await mkdir(path.dirname(file), { recursive: true });
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-bootstrap-"));
  try {
    const database = path.join(folder, "directus.db");
    const made = { version, installation, folder, database, env: {} };
    await run(made, ["bootstrap"]);
    const server = await launch({ ...made, port: 0 });
    try {
      if (seed) await (await import(seed)).default(server);
    } finally {
      await server.stop();
    }
    // Whoever makes it at the same time makes the same.
    const part = `${file}.${process.pid}`;
    await copyFile(database, part);
    await rename(part, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return file;
}

function environment({ folder, database, extensions, port, env }) {
  return {
    PATH: `${path.dirname(node)}:${process.env.PATH}`,
    HOME: folder,
    NODE_ENV: "production",
    KEY: "palisade-tests",
    SECRET,
    DB_CLIENT: "sqlite3",
    DB_FILENAME: database,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    ADMIN_TOKEN: ADMIN.token,
    HOST: "127.0.0.1",
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    EXTENSIONS_PATH: extensions ?? path.join(folder, "extensions"),
    STORAGE_LOCATIONS: "local",
    STORAGE_LOCAL_ROOT: path.join(folder, "uploads"),
    TELEMETRY: "false",
    PROJECT_OWNER_ENABLED: "false",
    CACHE_ENABLED: "false",
    RATE_LIMITER_ENABLED: "false",
    WEBSOCKETS_ENABLED: "false",
    PRESSURE_LIMITER_ENABLED: "false",
    LOG_LEVEL: "warn",
    LOG_STYLE: "raw",
    ...env,
  };
}

function spawnDirectus(settings, args) {
  const cli = path.join(settings.installation, "node_modules", "directus", "cli.js");
  const child = spawn(node, [cli, ...args], {
    cwd: settings.folder,
    env: environment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const keep = (chunk) => (log = (log + chunk).slice(-1_000_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return { child, log: () => log };
}

async function run(settings, args) {
  await prepare(settings);
  const { child, log } = spawnDirectus({ ...settings, port: 0 }, args);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`directus ${args.join(" ")} ended with ${code}:\n${log().slice(-4000)}`);
}

/** Without a package file in its folder, Directus loads no extensions. */
async function prepare({ folder }) {
  await writeFile(path.join(folder, "package.json"), '{"name":"palisade-test-project","private":true}\n');
}

async function launch(settings) {
  await prepare(settings);
  const port = settings.port || (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const { child, log } = spawnDirectus({ ...settings, port }, ["start"]);
  let ended = false;
  child.once("exit", () => (ended = true));
  const stop = async (signal = "SIGTERM") => {
    if (ended) return;
    const exited = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOPPED_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  };
  // No test may leave a server behind, however it ends.
  process.once("exit", () => ended || child.kill("SIGKILL"));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (true) {
    if (ended) throw new Error(`Directus ${settings.version} ended at its start:\n${log().slice(-4000)}`);
    const answer = await fetch(`${url}/server/ping`).catch(() => undefined);
    if (answer?.ok) break;
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`Directus ${settings.version} was not ready in time:\n${log().slice(-4000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { version, folder, database } = settings;
  return { version, url, port, pid: child.pid, folder, database, token: ADMIN.token, log, stop, request: requester(url) };
}

/** `request(method, path, body?, token?)` gives the parsed `data`, and throws what Directus refused. */
function requester(url) {
  return async (method, at, body, token = ADMIN.token) => {
    const answer = await fetch(url + at, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${at}: ${answer.status} ${text}`);
    return text ? JSON.parse(text).data : undefined;
  };
}

/** A port that nobody listens on at the moment. */
export async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
