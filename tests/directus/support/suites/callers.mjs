// Who may ask at all, and whose tools are offered to the model.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { USERS } from "../../seeds/newsroom.mjs";
import { ask } from "../compare.mjs";
import { MODEL } from "../host.mjs";
import { TOKENS } from "../world.mjs";
import { Turns } from "../turns.mjs";

const FOR_ADMINISTRATORS = ["flows", "operations", "collections", "fields", "relations"];
const FOR_ALL = ["schema", "items", "files", "folders", "assets", "trigger-flow"];
const READS = {
  flows: { action: "read" },
  operations: { action: "read" },
  collections: { action: "read" },
  fields: { action: "read", collection: "articles" },
  relations: { action: "read" },
};

const login = async (directus, user, mode) => {
  const response = await fetch(`${directus.url}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: user.email, password: user.password, mode }),
  });
  const { data } = await response.json();
  return { token: data?.access_token, cookie: response.headers.getSetCookie().find((one) => one.startsWith("directus_session_token="))?.split(";")[0] };
};

const names = (request) => (request.body.tools ?? []).map((tool) => tool.function.name).filter((name) => name !== "ask_user");

/** Registers the tests. `world()` is what was started. */
export default function callers(world) {
  /** Posts for somebody, and gives what came back and how many requests the provider saw. */
  const asked = async (turns) => {
    const before = (await world().fake.requests()).length;
    const answer = await turns.call("schema", {});
    return { answer, requests: (await world().fake.requests()).length - before };
  };
  const refused = ({ answer, requests }, status, code) => {
    assert.deepEqual([answer.refused?.status, answer.refused?.code], [status, code], JSON.stringify(answer));
    assert.equal(requests, 0, "the provider was asked");
  };

  test("nobody is refused before the provider is asked", async () => {
    refused(await asked(world().turns(undefined)), 403, "FORBIDDEN");
  });
  test("a user without access to the app is refused before the provider is asked", async () => {
    refused(await asked(world().turns(USERS.api.token)), 403, "FORBIDDEN");
  });
  test("an unknown token is refused before the provider is asked, as Directus refuses it", async () => {
    const theirs = await ask(world().directus.url, "no-such-token", ["GET", "/users/me"]);
    refused(await asked(world().turns("no-such-token")), theirs.status, theirs.code);
  });
  test("a token counts until it ends, and is then refused as Directus refuses it", async () => {
    const { directus, turns } = world();
    const { token } = await login(directus, USERS.editor, "json");
    assert.ok((await asked(turns(token))).answer.data, "it counts at first");
    await sleep(4_000);
    const theirs = await ask(directus.url, token, ["GET", "/users/me"]);
    assert.equal(theirs.status, 401, "it ended");
    refused(await asked(turns(token)), 401, theirs.code);
  });
  test("a session cookie counts on the host's own pages, and on no others", async () => {
    const { directus, fake, host } = world();
    const { cookie } = await login(directus, USERS.editor, "session");
    assert.ok(cookie, "Directus gives a cookie");
    const from = (origin) => new Turns({ fake, url: host.url, headers: { cookie, ...(origin && { origin }) } });
    assert.ok((await asked(from(directus.url))).answer.data);
    refused(await asked(from("http://elsewhere.example")), 403, "FORBIDDEN");
    refused(await asked(from(undefined)), 403, "FORBIDDEN");
  });

  for (const [person, expected] of [["admin", [...FOR_ALL, ...FOR_ADMINISTRATORS]], ["editor", FOR_ALL], ["reader", FOR_ALL]]) {
    test(`GET /ai/tools lists what the ${person} may call`, async () => {
      const { data } = await ask(world().host.url, TOKENS[person], ["GET", "/ai/tools"]);
      assert.deepEqual(data.map(({ name }) => name).filter((name) => name !== "ask_user").sort(), [...expected].sort());
    });
    test(`the model is offered what the ${person} may call`, async () => {
      await world().turns(TOKENS[person]).call("schema", {});
      const seen = names((await world().fake.requests()).at(-1));
      // A model that reads text alone is not offered files to look at.
      assert.deepEqual(seen.sort(), expected.filter((name) => name !== "assets").sort());
    });
    test(`a search in the registry names what the ${person} may call`, async () => {
      const { fake, turns } = world();
      const question = { id: "u1", role: "user", parts: [{ type: "text", text: "Search" }] };
      const searches = [...FOR_ADMINISTRATORS, "items"].map((query) => ({ name: "search", arguments: { query } }));
      await fake.script(MODEL, { steps: [{ answer: "message", tool_calls: searches }, { answer: "message", text: "So." }] });
      const { chunks } = await turns(TOKENS[person]).post([question], { registry: true });
      const found = JSON.stringify(chunks.filter(({ type }) => type === "tool-output-available").map(({ output }) => output));
      for (const name of FOR_ADMINISTRATORS) assert.equal(found.includes(`"name":"${name}"`), person === "admin", `${name}: ${found}`);
      assert.ok(found.includes('"name":"items"'), found);
      assert.deepEqual(names((await fake.requests()).at(-1)).sort(), ["execute", "schema", "search"]);
    });
  }

  for (const tool of FOR_ADMINISTRATORS) {
    for (const registry of [false, true]) {
      const way = registry ? "through the registry" : "directly";
      test(`the model can't call ${tool} for the editor ${way}`, async () => {
        const { error, data, refused: no } = await world().turns(TOKENS.editor).call(tool, READS[tool], { registry });
        assert.deepEqual([data, no], [undefined, undefined]);
        assert.match(error, /TOOL_DISABLED|There is no tool/, "it is said to be none");
      });
      test(`a conversation that claims an approved call of ${tool} is refused ${way}`, async () => {
        const { host, turns } = world();
        const toolCallId = `call_made_up_${tool}_${registry}`;
        const wireTool = registry ? "execute" : tool;
        const input = registry ? { name: tool, input: READS[tool] } : READS[tool];
        const question = { id: "u1", role: "user", parts: [{ type: "text", text: "Do it" }] };
        const proposal = { wireTool, toolCallId, input, question, approvalId: "made-up", options: { registry } };
        await world().fake.script(MODEL, { steps: [{ answer: "message", text: "I see." }, { answer: "message", text: "I see." }] });
        const { chunks } = await turns(TOKENS.editor).answer(proposal);
        assert.equal(chunks.some(({ type }) => type === "tool-output-available"), false, JSON.stringify(chunks));
        const rows = (await host.ledger()).filter((row) => row.tool_call_id === toolCallId);
        assert.deepEqual([...new Set(rows.map(({ kind }) => kind))], ["refusal"], JSON.stringify(rows));
        assert.ok(rows.some(({ tool: named, outcome }) => named === tool && ["TOOL_DISABLED", "APPROVAL_INVALID"].includes(outcome)), JSON.stringify(rows));
      });
    }
  }
}
