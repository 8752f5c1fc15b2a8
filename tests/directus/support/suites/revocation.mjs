// Rights and tokens that are taken away in the middle of a turn.
import assert from "node:assert/strict";
import { test } from "node:test";

import { USERS } from "../../seeds/newsroom.mjs";
import { ask, nextMark } from "../compare.mjs";
import { ending, FINAL_WORDS } from "../turns.mjs";
import { eventually } from "../../../sdk/process.mjs";

/** The model takes so long to make its call: time to change something. */
const THINKING = { header_delay_ms: 6_000 };
const READ = { action: "read", collection: "articles", query: { fields: ["id"], limit: 1 } };

/** Registers the tests. `world()` is what was started. */
export default function revocation(world) {
  /**
   * The reader, with the editor's role and a token that the host doesn't know yet. A further user would
   * be too many for Directus's Core.
   */
  const colleague = async () => {
    const { request } = world().directus;
    const mark = nextMark();
    const [{ id: role }] = await request("GET", "/roles?filter[name][_eq]=editor&fields=id");
    const [{ id, ...before }] = await request("GET", `/users?filter[email][_eq]=${USERS.reader.email}&fields=id,role,status`);
    const token = `token-of-${mark}-0123456789`;
    const change = (values) => request("PATCH", `/users/${id}`, values);
    await change({ token, role });
    return { id, role, token, mark, turns: world().turns(token), change, restore: () => change({ ...before, token: USERS.reader.token }) };
  };
  /** Runs a test as that colleague. */
  const asColleague = (name, act) =>
    test(name, { timeout: 60_000 }, async () => {
      const user = await colleague();
      try {
        await act(user);
      } finally {
        await user.restore();
      }
    });
  /** Does something while the model thinks, and gives the turn. */
  const meanwhile = async (turns, tool, input, act) => {
    const { fake } = world();
    const before = (await fake.requests()).length;
    const running = turns.propose(tool, input, { step: THINKING });
    await eventually(async () => (await fake.requests()).length > before, { what: "the model to be asked" });
    await act();
    return running;
  };
  const failed = (chunks) => chunks.find(({ type }) => type === "tool-output-error")?.errorText;
  /** The next turn is refused at once, as Directus refuses the token. */
  const refusedAtOnce = async ({ turns, token }) => {
    const { fake, directus } = world();
    const before = (await fake.requests()).length;
    const { refused } = await turns.call("items", READ);
    const theirs = await ask(directus.url, token, ["GET", "/users/me"]);
    assert.ok([401, 403].includes(theirs.status), "Directus refuses the token");
    assert.deepEqual([refused?.status, refused?.code], [theirs.status, theirs.code]);
    assert.equal((await fake.requests()).length, before, "the provider was asked");
  };

  for (const [name, values] of [["changed", { token: "another-token-0123456789-zq" }], ["removed", { token: null }], ["that of a user who was suspended", { status: "suspended" }]]) {
    asColleague(`a token that is ${name} in the middle of a turn`, async (user) => {
      assert.ok((await user.turns.call("items", READ)).data, "it counts at first");
      const { answer } = await meanwhile(user.turns, "items", READ, () => user.change(values));
      const theirs = await ask(world().directus.url, user.token, ["GET", "/items/articles?limit=1"]);
      assert.ok(theirs.code, "Directus refuses it");
      assert.equal(failed(answer.chunks)?.split(":")[0], theirs.code);
      assert.equal(await user.turns.told(), failed(answer.chunks), "the model is told");
      assert.deepEqual(ending(answer.chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
      await refusedAtOnce(user);
    });
  }

  asColleague("a token that is changed between question and approval: nothing is written", async (user) => {
    const { directus } = world();
    const proposal = await user.turns.propose("items", { action: "create", collection: "articles", data: { title: `Title ${user.mark}` } });
    assert.ok(proposal.approvalId);
    await user.change({ token: `another-${user.token}` });
    const { chunks } = await user.turns.answer(proposal);
    assert.equal(failed(chunks)?.split(":")[0], "INVALID_CREDENTIALS", JSON.stringify(chunks));
    assert.deepEqual(ending(chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
    assert.deepEqual(await directus.request("GET", `/items/articles?filter[title][_contains]=${user.mark}`), []);
    await refusedAtOnce(user);
  });

  asColleague("rights that are taken away in the middle of a turn", async (user) => {
    const { directus } = world();
    const [policy] = await directus.request("GET", "/policies?filter[name][_eq]=editor&fields=id");
    const [permission] = await directus.request("GET", `/permissions?filter[policy][_eq]=${policy.id}&filter[collection][_eq]=articles&filter[action][_eq]=read`);
    const { id, ...row } = permission;
    try {
      const { answer } = await meanwhile(user.turns, "items", READ, () => directus.request("DELETE", `/permissions/${id}`));
      assert.match(failed(answer.chunks) ?? "", /^FORBIDDEN:/);
      assert.deepEqual(ending(answer.chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
    } finally {
      await directus.request("POST", "/permissions", row);
    }
    assert.equal((await user.turns.call("items", READ)).data.length, 1, "with the right they go on");
  });

  asColleague("an administrator who is none any more in the middle of a turn gets what Directus gives", async (user) => {
    const { directus } = world();
    const [{ id: administrators }] = await directus.request("GET", "/roles?filter[name][_eq]=Administrator&fields=id");
    await user.change({ role: administrators, token: `${user.token}-of-an-administrator` });
    const turns = world().turns(`${user.token}-of-an-administrator`);
    assert.ok((await turns.call("flows", { action: "read" })).data, "an administrator has the tool");
    const { answer } = await meanwhile(turns, "flows", { action: "read" }, () => user.change({ role: user.role }));
    const theirs = await ask(directus.url, `${user.token}-of-an-administrator`, ["SEARCH", "/flows", { query: {} }]);
    assert.equal(theirs.code, "FORBIDDEN");
    assert.match(failed(answer.chunks) ?? "", /^FORBIDDEN:/);
    assert.deepEqual(ending(answer.chunks), { finish: "stop", errors: [], text: FINAL_WORDS });
  });}
