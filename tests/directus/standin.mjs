#!/usr/bin/env node
// Stands in for the host where tests look at what reaches it, and at how it ends: it takes the host's
// commands, speaks its stream, and tells what it saw. Started by the extension as `PALISADE_BINARY`.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const dataDir = argument("--data-dir");

if (process.argv.includes("create-master")) {
  writeFileSync(path.join(dataDir, "master.key"), "made by the stand-in\n", { flag: "wx", mode: 0o600 });
  console.log(`Created the master key in ${dataDir}.`);
  process.exit(0);
}

const requests = [];
const event = (value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The streams, by the model that a chat request names. */
const streams = {
  /** Five words with time between them. */
  async paced(response) {
    response.write(event({ type: "start" }));
    for (let word = 0; word < 5; word += 1) {
      await pause(200);
      response.write(event({ type: "text-delta", id: "1", delta: `${word}`, at: Date.now() }));
    }
    response.end(event("[DONE]"));
  },
  /** Goes on until the client leaves. */
  async endless(response) {
    while (!response.destroyed) {
      response.write(event({ type: "text-delta", id: "1", delta: "more " }));
      await pause(20);
    }
  },
  /** Stops inside an event. */
  async half(response) {
    response.write(`${event({ type: "text-delta", id: "1", delta: "whole" })}data: {"type":"text-del`);
  },
  async quick(response) {
    response.end(event({ type: "text-delta", id: "1", delta: "quick" }) + event("[DONE]"));
  },
};

const routes = {
  "GET /server/ping": (request, response) => response.end("pong"),
  "GET /ai/standin": (request, response) => {
    const { pid, argv, env, ppid } = process;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ data: { pid, ppid, argv, env, requests } }));
  },
  "POST /ai/chat": async (request, response, record) => {
    record.body = (await read(request)).toString();
    response.writeHead(200, { "content-type": "text/event-stream", "set-cookie": "directus_session_token=of-the-host" });
    await streams[JSON.parse(record.body).model](response);
  },
  "POST /ai/files": async (request, response, record) => {
    if (!record.url.includes("size=")) {
      response.writeHead(307, { location: "?provider=openai&size=7" });
      return response.end();
    }
    const body = await read(request);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ bytes: body.length, sha256: createHash("sha256").update(body).digest("hex") }));
  },
};

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const server = createServer(async (request, response) => {
  const { method, url, rawHeaders } = request;
  const record = { method, url, rawHeaders, left: false };
  const pathname = url.split("?")[0];
  if (!["/server/ping", "/ai/standin"].includes(pathname)) requests.push(record);
  response.once("close", () => (record.left = !response.writableFinished));
  const route = routes[`${method} ${pathname}`];
  // A client that leaves in the middle of its request ends the reading of it.
  if (route) await Promise.resolve(route(request, response, record)).catch(() => response.destroy());
  else response.writeHead(404).end();
});
const [host, port] = argument("--listen").split(":");
server.listen(Number(port), host, () => console.log(`Palisade listens on http://${host}:${server.address().port}`));
console.error(`2026-01-01T00:00:00Z  WARN standin: the secret is ${process.env.PALISADE_DIRECTUS__EXTENSION_SECRET}`);
// As the host does: running requests end, then the process.
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
