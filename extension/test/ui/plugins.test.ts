// What of a grant still holds when a component asks for something else.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addressesOf, grantOf, isNothing, nothing, type Permissions, stillAsked } from "../../src/ui/tools-settings/plugins.ts";

const ASKS: Permissions = {
  data: [{ collection: "articles", actions: ["read", "update"], reason: "why" }],
  http: [{ name: "api", origin: "https://api.example", methods: ["GET"], reason: "why" }],
  secrets: [{ name: "token", origins: ["api"], reason: "why" }],
  kv: { keys: 10, bytes: 100, reason: "why" },
  identity: { reason: "why" },
};

test("a grant has no reasons", () => {
  assert.ok(!JSON.stringify(grantOf(ASKS)).includes("why"));
});

test("what is asked for beyond a grant isn't taken for granted", () => {
  const more: Permissions = {
    data: [{ collection: "articles", actions: ["read", "update", "delete"] }, { collection: "users", actions: ["read"] }],
    http: [{ name: "api", origin: "https://api.example", methods: ["GET", "POST"] }, { name: "other", origin: "https://other.example", methods: ["GET"] }],
    secrets: [{ name: "token", origins: ["api", "other"] }],
    kv: { keys: 11, bytes: 100 },
    identity: {},
  };
  assert.deepEqual(stillAsked(grantOf(ASKS), more), {
    data: [{ collection: "articles", actions: ["read", "update"] }],
    http: [],
    secrets: [],
    kv: null,
    identity: {},
  });
  const moved = { ...ASKS, http: [{ name: "api", origin: "https://evil.example", methods: ["GET"] }] };
  const [kept] = stillAsked(grantOf(ASKS), moved).http;
  assert.equal(kept?.origin, "https://api.example", "what was granted stays, whatever is asked for now");
});

test("what is no longer asked for goes", () => {
  assert.ok(isNothing(stillAsked(grantOf(ASKS), nothing())));
  assert.deepEqual(stillAsked(grantOf(ASKS), ASKS), grantOf(ASKS));
});

test("a secret goes to the addresses that were granted", () => {
  const [secret] = ASKS.secrets;
  assert.ok(secret);
  assert.deepEqual(addressesOf(secret, nothing(), ASKS), ["https://api.example"]);
  const granted = { ...grantOf(ASKS), http: [{ name: "api", origin: "https://own.example", methods: ["GET"] }] };
  assert.deepEqual(addressesOf(secret, granted, ASKS), ["https://own.example"]);
});
