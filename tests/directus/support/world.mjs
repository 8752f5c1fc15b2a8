// What the tests of the tools need around them: Directus with more rights, a web server, the host.
import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { startFake } from "../../sdk/fake.mjs";
import { start, VERSIONS as ALL_VERSIONS } from "../directus.mjs";
import { USERS } from "../seeds/newsroom.mjs";
import { startHost } from "./host.mjs";
import { startProxy } from "./proxy.mjs";
import { Turns } from "./turns.mjs";

export const SEED = path.join(import.meta.dirname, "..", "seeds", "newsroom.mjs");

/** The versions to test with: `DIRECTUS_VERSIONS` names some of them, separated by commas. */
export const VERSIONS = process.env.DIRECTUS_VERSIONS?.split(",") ?? ALL_VERSIONS;

/** A web server on loopback that answers with the same text, or redirects `?to` another address, and keeps what it was asked. */
export async function webServer(content = "From the web") {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    const to = new URL(request.url, "http://any.example").searchParams.get("to");
    if (to) return response.writeHead(302, { location: to }).end();
    response.setHeader("content-type", "text/plain");
    response.end(content);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const authority = `127.0.0.1:${server.address().port}`;
  return { url: `http://${authority}`, authority, seen, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** Stops what was started, last first. */
export function stack() {
  const stops = [];
  return {
    add: (thing) => {
      stops.push(thing);
      return thing;
    },
    stop: async () => {
      for (const thing of stops.splice(0).reverse()) await thing.stop();
    },
  };
}

/** Starts all of it. `turns(token)` are the turns of whom the token belongs to. */
export async function startWorld(version) {
  const { add, stop } = stack();
  try {
    const fake = add(await startFake());
    const allowed = add(await webServer());
    const refused = add(await webServer());
    const env = {
      // Directus's own import, which the tool's is compared with, would refuse loopback.
      IMPORT_IP_DENY_LIST: "169.254.169.254",
      ACCESS_TOKEN_TTL: "3s",
    };
    const directus = add(await start({ version, seed: SEED, env }));
    await frontPage(directus);
    await moreRights(directus);
    const flow = await manualFlow(directus);
    const host = add(await startHost({ fake, directus: directus.url, allowed: [allowed.authority] }));
    const world = { directus: directus.url, adminToken: directus.token, allowed: allowed.url, flow };
    const turns = (token) => new Turns({ fake, url: host.url, token });
    return { fake, directus, host, allowed, refused, world, turns, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same with a proxy between host and Directus, and another host without it. */
export async function startFailing(version) {
  const { add, stop } = stack();
  try {
    const folder = await mkdtemp(path.join(tmpdir(), "palisade-failing-directus-"));
    add({ stop: () => rm(folder, { recursive: true, force: true }) });
    const fake = add(await startFake());
    const web = add(await webServer());
    const all = { fake, stop };
    const launch = async (port) => {
      all.directus = await start({ version, seed: SEED, folder, port });
    };
    add({ stop: () => all.directus?.stop() });
    await launch(0);
    const { port } = all.directus;
    const flow = await manualFlow(all.directus);
    all.proxy = add(await startProxy(all.directus.url));
    all.host = add(await startHost({ fake, directus: all.proxy.url, studio: all.directus.url, allowed: [web.authority] }));
    const direct = add(await startHost({ fake, directus: all.directus.url }));
    all.world = { directus: all.directus.url, adminToken: all.directus.token, allowed: web.url, flow };
    all.turns = (token) => new Turns({ fake, url: all.host.url, token });
    all.directly = (token) => new Turns({ fake, url: direct.url, token });
    /** Starts Directus again where it was, with the project as it was seeded. */
    all.restart = () => launch(port);
    return all;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A collection that has one item. */
async function frontPage({ request }) {
  await request("POST", "/collections", {
    collection: "front_page",
    schema: {},
    meta: { singleton: true },
    fields: [
      { field: "id", type: "integer", schema: { is_primary_key: true, has_auto_increment: true } },
      { field: "headline", type: "string", schema: {} },
    ],
  });
  await request("PATCH", "/items/front_page", { headline: "Winter is here" });
}

/** Rights to files, folders and the front page for the editor, which the sample doesn't give. */
async function moreRights({ request }) {
  const [policy] = await request("GET", "/policies?filter[name][_eq]=editor");
  const actions = [
    ...["create", "update", "delete"].map((action) => ["directus_files", action]),
    ...["create", "read", "update", "delete"].map((action) => ["directus_folders", action]),
    ...["read", "update"].map((action) => ["front_page", action]),
  ];
  const rows = actions.map(([collection, action]) => ({ policy: policy.id, collection, action, fields: ["*"], permissions: {}, validation: null, presets: null }));
  await request("POST", "/permissions", rows);
}

/** A flow that people start by hand, and that answers with what started it. */
async function manualFlow({ request }) {
  const flow = await request("POST", "/flows", {
    name: "Tell what started it", status: "active", trigger: "manual",
    options: { collections: ["articles"], async: false, return: "$trigger" },
  });
  const operation = await request("POST", "/operations", {
    flow: flow.id, name: "Say it", key: "say_it", type: "log", position_x: 19, position_y: 1, options: { message: "started" },
  });
  await request("PATCH", `/flows/${flow.id}`, { operation: operation.id });
  return flow.id;
}

export const TOKENS = { admin: "admin-demo-token", editor: USERS.editor.token, reader: USERS.reader.token };
