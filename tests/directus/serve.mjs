#!/usr/bin/env node
// Serves a real Directus for programs that aren't written in JavaScript, and for people.
import { parseArgs } from "node:util";
import path from "node:path";
import { start, VERSIONS } from "./directus.mjs";

const HELP = `usage: node serve.mjs [--version ${VERSIONS.join("|")}] [--seed MODULE] [--port N]
                     [--folder DIR] [--extensions DIR] [--env NAME=VALUE]…

Installs that Directus where it isn't yet (some minutes, once), starts it on loopback with a SQLite
database of its own, and prints one line of JSON when it answers: {"url","token","pid","folder"}.
It stops when its standard input ends, or with SIGTERM or SIGINT.
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h" },
    version: { type: "string", default: VERSIONS[0] },
    seed: { type: "string" },
    port: { type: "string", default: "0" },
    folder: { type: "string" },
    extensions: { type: "string" },
    env: { type: "string", multiple: true, default: [] },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const env = Object.fromEntries(
  values.env.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
);
const server = await start({
  version: values.version,
  seed: values.seed && path.resolve(values.seed),
  port: Number(values.port),
  folder: values.folder && path.resolve(values.folder),
  extensions: values.extensions && path.resolve(values.extensions),
  env,
});
const { url, token, pid, folder } = server;
process.stdout.write(`${JSON.stringify({ url, token, pid, folder })}\n`);

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  await server.stop();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdin.on("end", stop);
process.stdin.resume();
