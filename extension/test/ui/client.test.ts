// Requests: what they carry, and what becomes of those that are refused.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { ApiClient } from "../../src/ui/api/client.ts";
import { ApiError, explain } from "../../src/ui/api/errors.ts";
import { itemLink } from "../../src/ui/api/links.ts";
import { setLocale } from "../../src/ui/i18n/index.ts";

interface Sent {
  address: string;
  init: RequestInit;
}

let sent: Sent[];
let answers: Response[];
beforeEach(() => {
  setLocale(["en"]);
  sent = [];
  answers = [];
  globalThis.fetch = (address, init = {}) => {
    sent.push({ address: String(address), init });
    return Promise.resolve(answers.shift() ?? Response.json({ data: "fine" }));
  };
});

const refusal = (status: number, code: string, headers: Record<string, string> = {}): Response =>
  Response.json({ errors: [{ message: "No.", extensions: { code } }] }, { status, headers });
const bases = { assistant: "/palisade", project: "" };

describe("a request", () => {
  test("goes to its own area of the same origin, with the session and nothing else", async () => {
    await new ApiClient({ bases }).get("assistant", "/ai/models", { fields: ["a"] });
    const [{ address, init } = { address: "", init: {} }] = sent;
    assert.equal(decodeURIComponent(address), "/palisade/ai/models?fields[]=a");
    assert.deepEqual([init.mode, init.credentials, new Headers(init.headers).get("authorization")], ["same-origin", "same-origin", null]);
  });

  test("carries a token where there is one", async () => {
    const api = new ApiClient({ bases });
    api.token = "t";
    await api.get("project", "/users/me");
    assert.equal(new Headers(sent[0]?.init.headers).get("authorization"), "Bearer t");
  });
});

describe("a refusal", () => {
  test("because the session is over: it is renewed once for all, and they are sent again", async () => {
    let renewals = 0;
    const api = new ApiClient({ bases, renew: async () => ((renewals += 1), true) });
    answers = [refusal(401, "TOKEN_EXPIRED"), refusal(401, "TOKEN_EXPIRED")];
    assert.deepEqual(await Promise.all([api.get("project", "/a"), api.get("project", "/b")]), ["fine", "fine"]);
    assert.deepEqual([renewals, sent.length], [1, 4]);
  });

  test("because the cookie is gone: the user has to sign in", async () => {
    let signedOut = 0;
    const api = new ApiClient({ bases, renew: async () => false, isSignedIn: async () => false, onSignedOut: () => (signedOut += 1) });
    answers = [refusal(403, "FORBIDDEN")];
    await assert.rejects(api.get("assistant", "/ai/models"), (error) => error instanceof ApiError && error.isSignedOut);
    assert.equal(signedOut, 1);
  });

  test("because the user may not: it is no reason to sign in", async () => {
    let signedOut = 0;
    const api = new ApiClient({ bases, renew: async () => true, isSignedIn: async () => true, onSignedOut: () => (signedOut += 1) });
    answers = [refusal(403, "FORBIDDEN")];
    await assert.rejects(api.get("assistant", "/ai/models"), (error) => error instanceof ApiError && error.code === "FORBIDDEN");
    assert.deepEqual([signedOut, sent.length], [0, 1]);
  });

  test("of a password renews nothing", async () => {
    const api = new ApiClient({ bases, renew: () => assert.fail("renewed") });
    answers = [refusal(401, "INVALID_CREDENTIALS")];
    await assert.rejects(api.post("project", "/auth/login", {}));
  });
});

describe("an error says what to do", () => {
  test("when to try again", async () => {
    const error = await ApiError.of(refusal(503, "SERVICE_UNAVAILABLE", { "retry-after": "7" }));
    assert.equal(explain(error), "No. Try again in 7 seconds.");
  });

  test("whom to ask, whether to sign in, and what of the connection", async () => {
    assert.match(explain(await ApiError.of(refusal(403, "FORBIDDEN"))), /Ask an administrator/);
    assert.match(explain(await ApiError.of(refusal(401, "TOKEN_EXPIRED"))), /Sign in/);
    assert.match(explain(new TypeError("Failed to fetch")), /connection/);
    assert.match(explain(await ApiError.of(new Response("<html>", { status: 502 }))), /502/);
  });
});

test("links into Data Studio", () => {
  assert.equal(itemLink("https://a.example", "articles", 3), "https://a.example/admin/content/articles/3");
  assert.equal(itemLink("https://a.example", "directus_files", "x/y"), "https://a.example/admin/files/x%2Fy");
  assert.equal(itemLink("https://a.example", "directus_settings", 1), undefined);
  assert.equal(itemLink("https://a.example", "articles", { id: 1 }), undefined);
  assert.equal(itemLink(undefined, "articles", 3), undefined);
});
