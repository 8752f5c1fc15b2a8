// Directus that is slow, refuses for a while, or whose answers get lost.
import assert from "node:assert/strict";
import { test } from "node:test";

import { upload } from "../cases/files.mjs";
import { nextMark } from "../compare.mjs";
import * as net from "../proxy.mjs";
import { ending, FINAL_WORDS } from "../turns.mjs";
import { TOKENS } from "../world.mjs";

const PRESSURE = net.refusal(503, "SERVICE_UNAVAILABLE", 'Service "api" is unavailable. Under pressure.', { service: "api", reason: "Under pressure" });
const TOO_MANY = net.refusal(429, "REQUESTS_EXCEEDED", "Too many requests, retry after 1s.", { limit: 50, reset: "2026-11-24T00:00:00.000Z" }, { "retry-after": "1" });
const LOCKED = net.refusal(403, "RESOURCE_RESTRICTED", "seats is a restricted resource.", { category: "seats" });
const html = (status) => net.answer(status, "<html><body>gateway</body></html>", { "content-type": "text/html" });

const READ = { route: ["SEARCH", "/items/articles"], tool: "items", input: () => ({ action: "read", collection: "articles", query: { fields: ["id"], sort: ["id"], limit: 2 } }) };
const titled = (mark) => `/items/articles?filter[title][_contains]=${mark}&fields=title,status`;
const article = (t) => t.request("POST", "/items/articles", { title: `Title ${t.mark}`, status: "draft" });

/** Writes, each with the route that it takes and what shows afterwards how often it was done. */
const WRITES = {
  "create items": {
    route: () => ["POST", "/items/articles"],
    tool: "items",
    input: (t) => ({ action: "create", collection: "articles", data: { title: `Title ${t.mark}` } }),
    done: async (t) => (await t.request("GET", titled(t.mark))).length,
  },
  "update items": {
    prepare: article,
    route: () => ["PATCH", "/items/articles"],
    tool: "items",
    input: (t) => ({ action: "update", collection: "articles", keys: [t.made.id], data: { status: "published" } }),
    done: async (t) => (await t.request("GET", `/revisions?filter[collection][_eq]=articles&filter[item][_eq]=${t.made.id}`)).length - 1,
  },
  "delete items": {
    prepare: article,
    route: () => ["DELETE", "/items/articles"],
    tool: "items",
    input: (t) => ({ action: "delete", collection: "articles", keys: [t.made.id] }),
    done: async (t) => 1 - (await t.request("GET", titled(t.mark))).length,
  },
  "run a flow": {
    route: (t) => ["POST", `/flows/trigger/${t.world.flow}`],
    tool: "trigger-flow",
    input: (t) => ({ id: t.world.flow, collection: "articles", keys: [3] }),
  },
  "update files": {
    prepare: upload,
    route: () => ["PATCH", "/files"],
    tool: "files",
    input: (t) => ({ action: "update", keys: [t.made.id], data: { description: `Seen ${t.mark}` } }),
    done: async (t) => (await t.request("GET", `/files?filter[description][_contains]=${t.mark}`)).length,
  },
  "import files": {
    route: () => ["POST", "/files"],
    tool: "files",
    input: (t) => ({ action: "import", data: [{ url: `${t.world.allowed}/${t.mark}.txt`, file: { title: `File ${t.mark}` } }] }),
    done: async (t) => (await t.request("GET", `/files?filter[title][_contains]=${t.mark}`)).length,
  },
  "create folders": {
    route: () => ["POST", "/folders"],
    tool: "folders",
    input: (t) => ({ action: "create", data: { name: `Folder ${t.mark}` } }),
    done: async (t) => (await t.request("GET", `/folders?filter[name][_contains]=${t.mark}`)).length,
  },
  "create collections": {
    route: () => ["POST", "/collections"],
    tool: "collections",
    input: (t) => ({ action: "create", data: { collection: t.mark, schema: {}, meta: {} } }),
    done: async (t) => (await t.request("GET", "/collections")).filter(({ collection }) => collection === t.mark).length,
    cleanup: (t) => t.request("DELETE", `/collections/${t.mark}`).catch(() => undefined),
  },
};

/**
 * What becomes of a write: the code, how often Directus was asked and how often it is done. `withBody`
 * is about answers that have one; `once` tries it with one kind of write, the others go the same way.
 */
const WRITE_FAILURES = {
  "whose answer is lost": { rule: net.lose, code: "OUTCOME_UNKNOWN", reached: 1, done: 1 },
  "whose answer breaks off": { rule: net.cutAnswer, code: "OUTCOME_UNKNOWN", reached: 1, done: 1, withBody: true },
  "that is lost itself": { rule: net.cutRequest, code: "OUTCOME_UNKNOWN", reached: 0, done: 0 },
  "that a gateway answers with 502": { rule: html(502), code: "OUTCOME_UNKNOWN", reached: 0, done: 0 },
  "that a gateway answers with 504": { rule: html(504), code: "OUTCOME_UNKNOWN", reached: 0, done: 0 },
  "that a gateway answers with 500": { rule: html(500), code: "OUTCOME_UNKNOWN", reached: 0, done: 0, once: true },
  "that a gateway gave up on (524)": { rule: html(524), code: "OUTCOME_UNKNOWN", reached: 0, done: 0, once: true },
  "that a gateway passed on to nobody (503)": { rule: html(503), code: "SERVICE_UNAVAILABLE", reached: 0, done: 0, once: true },
  "that Directus refuses under pressure": { rule: PRESSURE, code: "SERVICE_UNAVAILABLE", reached: 0, done: 0 },
  "that Directus refuses because of too many requests": { rule: TOO_MANY, code: "REQUESTS_EXCEEDED", reached: 0, done: 0 },
  "that Directus refuses because it is locked": { rule: LOCKED, code: "RESOURCE_RESTRICTED", reached: 0, done: 0 },
};

/** What becomes of a read: `code` none where it succeeds; how often it is sent. */
const READ_FAILURES = {
  "whose answer is lost once": { rule: (n) => (n === 1 ? net.lose : net.pass), sent: 2 },
  "whose answers are all lost": { rule: () => net.lose, code: "SERVICE_UNAVAILABLE", sent: 2 },
  "that is lost once": { rule: (n) => (n === 1 ? net.cutRequest : net.pass), sent: 2 },
  "that is always lost": { rule: () => net.cutRequest, code: "SERVICE_UNAVAILABLE", sent: 2 },
  "whose answer breaks off": { rule: () => net.cutAnswer, code: "SERVICE_UNAVAILABLE", sent: 1 },
  "that Directus refuses under pressure": { rule: () => PRESSURE, code: "SERVICE_UNAVAILABLE", says: /under pressure/, sent: 1 },
  "that Directus refuses because of too many requests": { rule: () => TOO_MANY, code: "REQUESTS_EXCEEDED", sent: 1 },
  "that Directus refuses because it is locked": { rule: () => LOCKED, code: "RESOURCE_RESTRICTED", sent: 1 },
  "that a gateway answers": { rule: () => html(502), code: "SERVICE_UNAVAILABLE", sent: 1 },
  "that what is no Directus answers": { rule: () => net.answer(200, "Hello", { "content-type": "text/plain" }), code: "SERVICE_UNAVAILABLE", sent: 1 },
};

/** The stream goes on to the model's last words, whatever became of the call. */
function endsProperly(chunks) {
  assert.deepEqual(ending(chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
}

/** Registers the tests. `world()` is what was started. */
export default function answers(world) {
  const on = ([method, at], action) => (request, count) => (request.method === method && request.at === at ? action(count) : net.pass);
  const admin = () => world().turns(TOKENS.admin);
  const prepared = async (write) => {
    const t = { mark: nextMark(), request: world().directus.request, world: world().world };
    t.made = await write.prepare?.(t);
    return t;
  };
  const finish = async (write, t) => {
    world().proxy.rule();
    await write.cleanup?.(t);
  };

  for (const [name, { rule, code, says, sent }] of Object.entries(READ_FAILURES)) {
    test(`a read ${name}`, { timeout: 60_000 }, async () => {
      const { proxy } = world();
      await admin().call(READ.tool, READ.input());
      proxy.rule(on(READ.route, rule));
      try {
        const { data, error, told, chunks } = await admin().call(READ.tool, READ.input());
        assert.equal(proxy.seen(...READ.route).length, sent, "how often it is sent");
        if (code) {
          assert.equal(error?.split(":")[0], code);
          assert.equal(told, error);
          if (says) assert.match(error, says);
        } else {
          assert.deepEqual(data, [{ id: 1 }, { id: 2 }]);
        }
        endsProperly(chunks);
      } finally {
        proxy.rule();
      }
    });
  }

  for (const [name, write] of Object.entries(WRITES)) {
    for (const [failure, { rule, code, reached, done, withBody, once }] of Object.entries(WRITE_FAILURES)) {
      if ((withBody && name.startsWith("delete")) || (once && name !== "create items")) continue;
      test(`${name}: a write ${failure}`, { timeout: 60_000 }, async () => {
        const { proxy, host } = world();
        const t = await prepared(write);
        const route = write.route(t);
        try {
          const proposal = await admin().propose(write.tool, write.input(t));
          proxy.rule(on(route, () => rule));
          const { chunks } = await admin().answer(proposal);
          const error = chunks.find(({ type }) => type === "tool-output-error")?.errorText;
          assert.equal(error?.split(":")[0], code, JSON.stringify(chunks));
          assert.equal(await admin().told(), error, "the model is told");
          endsProperly(chunks);
          assert.equal(proxy.seen(...route).length, 1, "how often it is sent");
          assert.equal(proxy.seen(...route).filter((one) => one.reached).length, reached, "how often Directus saw it");
          proxy.rule();
          // The approval is spent: the same answer posted again doesn't write again.
          const again = await admin().answer(proposal);
          assert.equal(again.chunks.some(({ type }) => type === "tool-output-available"), false);
          assert.equal(proxy.seen(...route).length, 0, "posting the answer again sends nothing");
          if (write.done) assert.equal(await write.done(t), done, "how often it is done");
          const rows = (await host.ledger()).filter(({ kind, tool_call_id }) => kind === "data_operation" && tool_call_id === proposal.toolCallId);
          assert.deepEqual(rows.map(({ outcome }) => outcome), [code], "the ledger has it once");
        } finally {
          await finish(write, t);
        }
      });
    }
    if (!["create items", "run a flow", "import files"].includes(name)) continue;
    test(`${name}: a write that takes five seconds is done once`, { timeout: 60_000 }, async () => {
      const { proxy } = world();
      const t = await prepared(write);
      const route = write.route(t);
      try {
        const proposal = await admin().propose(write.tool, write.input(t));
        proxy.rule(on(route, () => net.late(5_000)));
        const started = Date.now();
        const { chunks } = await admin().answer(proposal);
        assert.ok(Date.now() - started >= 5_000, "it waited");
        assert.ok(chunks.some(({ type }) => type === "tool-output-available"), JSON.stringify(chunks));
        endsProperly(chunks);
        assert.equal(proxy.seen(...route).length, 1);
        proxy.rule();
        if (write.done) assert.equal(await write.done(t), 1);
      } finally {
        await finish(write, t);
      }
    });
  }

  test("two fields, of which the second's answer is lost: the error says what was done before", { timeout: 60_000 }, async () => {
    const { proxy, directus } = world();
    const mark = nextMark();
    const names = [`first_${mark}`, `second_${mark}`];
    const data = names.map((field) => ({ field, type: "string", schema: {}, meta: {} }));
    const proposal = await admin().propose("fields", { action: "create", collection: "categories", data });
    proxy.rule(on(["POST", "/fields/categories"], (count) => (count === 2 ? net.lose : net.pass)));
    try {
      const { chunks } = await admin().answer(proposal);
      const { errorText } = chunks.find(({ type }) => type === "tool-output-error");
      assert.match(errorText, /^OUTCOME_UNKNOWN:/);
      assert.ok(errorText.includes(names[0]), errorText);
      endsProperly(chunks);
      assert.equal(proxy.seen("POST", "/fields/categories").length, 2);
      const known = (await directus.request("GET", "/fields/categories")).map(({ field }) => field);
      assert.deepEqual(known.filter((field) => field.endsWith(mark)), names);
    } finally {
      proxy.rule();
      for (const name of names) await directus.request("DELETE", `/fields/categories/${name}`).catch(() => undefined);
    }
  });

  test("two files, of which the second's answer is lost: the error says what was done before", { timeout: 60_000 }, async () => {
    const { proxy, directus } = world();
    const t = { mark: nextMark(), world: world().world };
    const data = [1, 2].map((n) => ({ url: `${t.world.allowed}/${n}.txt`, file: { title: `File ${t.mark}` } }));
    const proposal = await admin().propose("files", { action: "import", data });
    proxy.rule(on(["POST", "/files"], (count) => (count === 2 ? net.lose : net.pass)));
    try {
      const { chunks } = await admin().answer(proposal);
      const { errorText } = chunks.find(({ type }) => type === "tool-output-error");
      assert.match(errorText, /^OUTCOME_UNKNOWN:.* first 1 of the files/);
      endsProperly(chunks);
      assert.equal(proxy.seen("POST", "/files").length, 2);
      assert.equal((await directus.request("GET", `/files?filter[title][_contains]=${t.mark}`)).length, 2);
    } finally {
      proxy.rule();
    }
  });

  test("a file that is imported but can't be looked at again is not reported as failed", { timeout: 60_000 }, async () => {
    const { proxy, directus } = world();
    const mark = nextMark();
    const data = [{ url: `${world().world.allowed}/${mark}.txt`, file: { title: `File ${mark}` } }];
    const proposal = await admin().propose("files", { action: "import", data, query: { fields: ["id", "title"] } });
    proxy.rule((request) => (request.method === "GET" && request.at.startsWith("/files/") ? PRESSURE : net.pass));
    try {
      const { chunks } = await admin().answer(proposal);
      assert.equal((await directus.request("GET", `/files?filter[title][_contains]=${mark}`)).length, 1, "it is there");
      const failed = chunks.find(({ type }) => type === "tool-output-error")?.errorText;
      // Whoever believes that it isn't there imports it again.
      assert.match(failed ?? "OUTCOME_UNKNOWN: or done", /^OUTCOME_UNKNOWN:/);
      endsProperly(chunks);
    } finally {
      proxy.rule();
    }
  });

  test("a read that takes five seconds is sent once", { timeout: 60_000 }, async () => {
    const { proxy } = world();
    proxy.rule(on(READ.route, () => net.late(5_000)));
    try {
      const started = Date.now();
      const { data, chunks } = await admin().call(READ.tool, READ.input());
      assert.ok(Date.now() - started >= 5_000, "it waited");
      assert.deepEqual(data, [{ id: 1 }, { id: 2 }]);
      endsProperly(chunks);
      assert.equal(proxy.seen(...READ.route).length, 1);
    } finally {
      proxy.rule();
    }
  });
}
