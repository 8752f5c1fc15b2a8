// Directus that goes away in the middle of a turn and comes back, and a host that can't ask who asks.
import assert from "node:assert/strict";
import { test } from "node:test";

import { USERS } from "../../seeds/newsroom.mjs";
import { nextMark } from "../compare.mjs";
import * as net from "../proxy.mjs";
import { ending, FINAL_WORDS } from "../turns.mjs";
import { TOKENS } from "../world.mjs";
import { eventually } from "../../../sdk/process.mjs";

const READ = { action: "read", collection: "articles", query: { fields: ["id"], limit: 1 } };
/** How Directus may answer the look-up of who asks, and what the caller gets. */
const LOOK_UPS = {
  "is under pressure": { rule: net.refusal(503, "SERVICE_UNAVAILABLE", "Under pressure.", { service: "api", reason: "Under pressure" }), status: 503, code: "SERVICE_UNAVAILABLE" },
  "has had too many requests": { rule: net.refusal(429, "REQUESTS_EXCEEDED", "Too many requests, retry after 1s."), status: 429, code: "REQUESTS_EXCEEDED" },
  "breaks every connection": { rule: net.cutRequest, status: 503, code: "SERVICE_UNAVAILABLE" },
  "is behind a gateway that doesn't reach it": { rule: net.answer(502, "<html>", { "content-type": "text/html" }), status: 503, code: "SERVICE_UNAVAILABLE" },
};

/** Registers the tests. `world()` is what was started; `directly` there is a host without the proxy. */
export default function outage(world) {
  for (const [name, { rule, status, code }] of Object.entries(LOOK_UPS)) {
    test(`while Directus ${name}, a caller who isn't known yet is told so, and the provider isn't asked`, { timeout: 60_000 }, async () => {
      const { directus, fake, proxy, turns } = world();
      const mark = nextMark();
      const token = `token-of-${mark}-0123456789`;
      const [{ id }] = await directus.request("GET", `/users?filter[email][_eq]=${USERS.reader.email}&fields=id`);
      await directus.request("PATCH", `/users/${id}`, { token });
      const before = (await fake.requests()).length;
      proxy.rule(() => rule);
      try {
        const { refused } = await turns(token).call("items", READ);
        assert.deepEqual([refused?.status, refused?.code], [status, code]);
        assert.equal((await fake.requests()).length, before);
        const most = Math.max(...["/users/me", "/roles/me", "/policies/me/globals"].map((at) => proxy.seen("GET", at).length));
        assert.ok(most <= 2, `a read is tried again once at most, not ${most} times`);
      } finally {
        proxy.rule();
      }
      // The failure isn't kept.
      const { data, refused } = await turns(token).call("items", READ);
      assert.ok(data, JSON.stringify(refused));
      await directus.request("PATCH", `/users/${id}`, { token: USERS.reader.token });
    });
  }

  test("Directus stops in the middle of a turn and starts again", { timeout: 240_000 }, async () => {
    const { fake, directly, restart } = world();
    const turns = directly(TOKENS.editor);
    const failed = (chunks) => chunks.find(({ type }) => type === "tool-output-error")?.errorText;
    const mark = nextMark();
    const create = { action: "create", collection: "articles", data: { title: `Title ${mark}` } };
    const written = async () => (await world().directus.request("GET", `/items/articles?filter[title][_contains]=${mark}`)).length;
    const proposal = await turns.propose("items", create);
    assert.ok(proposal.approvalId);

    const before = (await fake.requests()).length;
    const running = turns.propose("items", READ, { step: { header_delay_ms: 3_000 } });
    await eventually(async () => (await fake.requests()).length > before, { what: "the model to be asked" });
    await world().directus.stop("SIGKILL");
    const { answer } = await running;
    assert.match(failed(answer.chunks) ?? "", /^SERVICE_UNAVAILABLE:/);
    assert.equal(await turns.told(), failed(answer.chunks), "the model is told");
    assert.deepEqual(ending(answer.chunks), { finish: "stop", errors: [], text: FINAL_WORDS });

    // The user approves while Directus is away: nothing was sent, so nothing is unknown.
    const approved = await turns.answer(proposal);
    assert.match(failed(approved.chunks) ?? "", /^SERVICE_UNAVAILABLE:/);
    assert.deepEqual(ending(approved.chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
    // Somebody whom the host doesn't know can't be looked up.
    const asked = (await fake.requests()).length;
    const { refused } = await directly("nobody-s-token-0123456789").call("items", READ);
    assert.deepEqual([refused?.status, refused?.code], [503, "SERVICE_UNAVAILABLE"]);
    assert.equal((await fake.requests()).length, asked, "the provider was asked");

    await restart();
    assert.equal(await written(), 0, "the write is not done behind anybody's back");
    const { data, error } = await turns.call("items", READ);
    assert.equal(error, undefined);
    assert.equal(data.length, 1);
    assert.equal((await turns.call("items", create)).error, undefined);
    assert.equal(await written(), 1);
  });
}
