import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { test } from "node:test";

import type { Accountability } from "../src/directus.ts";
import { fieldIn, peekField } from "../src/studio/form.ts";
import { offerOf, Offers } from "../src/studio/offers.ts";

const SETTINGS = {
  ai_openai_allowed_models: ["a", "b"],
  ai_anthropic_allowed_models: ["c"],
  ai_google_allowed_models: null,
  ai_openai_compatible_models: [{ id: "d" }, { name: "without an id" }, null],
};

const offered = (providers: unknown, settings: Record<string, unknown> = SETTINGS, enabled = true) =>
  Object.fromEntries([...offerOf({ ai_enabled: enabled, ai_providers: providers }, settings)].map(([name, models]) => [name, [...models]]));

test("only what Directus offers is offered", () => {
  assert.deepEqual(offered(["openai"]), { openai: ["a", "b"] });
  assert.deepEqual(offered(["google", "openai-compatible"]), { google: [], "openai-compatible": ["d"] });
  assert.deepEqual(offered(["constructor", "palisade", 1]), {});
  assert.deepEqual(offered(undefined), {});
  assert.deepEqual(offered(["openai"], SETTINGS, false), {});
  assert.deepEqual(offered(["openai-compatible"], {}), { "openai-compatible": [] });
});

test("an offer is read once in a while for each user, and a failure is not kept", async () => {
  let reads = 0;
  let fails = true;
  class ServerService {
    async serverInfo() {
      reads += 1;
      if (fails) throw new Error("no");
      return { ai_enabled: true, ai_providers: ["openai"] };
    }
  }
  class SettingsService {
    readSingleton = async () => SETTINGS;
  }
  const offers = new Offers({ services: { ServerService, SettingsService }, getSchema: async () => ({}) });
  const user = (name: string) => ({ user: name, role: null, admin: false, app: true, ip: null }) satisfies Accountability;
  await assert.rejects(offers.of(user("one")));
  fails = false;
  const first = await offers.of(user("one"));
  assert.equal(await offers.of(user("one")), first);
  await offers.of(user("two"));
  assert.equal(reads, 3);
});

const BODY = [
  "--xyz", 'Content-Disposition: form-data; name="provider"', "", "openai",
  "--xyz", 'Content-Disposition: form-data; name="file"; filename="provider"', "Content-Type: text/plain", "", "anything", "--xyz--", "",
].join("\r\n");

test("a field is found where it is complete, and a file is no field", () => {
  assert.equal(fieldIn(BODY, "xyz", "provider"), "openai");
  assert.equal(fieldIn(BODY, "xyz", "file"), undefined);
  assert.equal(fieldIn(BODY.slice(0, 60), "xyz", "provider"), undefined);
  assert.equal(fieldIn(BODY, "abc", "provider"), undefined);
});

test("what was looked at is still there for whoever reads the body", async () => {
  const stream = new PassThrough();
  const request = Object.assign(stream, { headers: { "content-type": "multipart/form-data; boundary=xyz" }, complete: false });
  stream.write(BODY.slice(0, 30));
  setTimeout(() => stream.end(BODY.slice(30)), 20);
  assert.equal(await peekField(request as unknown as IncomingMessage, "provider"), "openai");
  let text = "";
  for await (const chunk of request) text += chunk;
  assert.equal(text, BODY);
});
