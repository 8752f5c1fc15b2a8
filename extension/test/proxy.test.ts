import assert from "node:assert/strict";
import { test } from "node:test";

import { clientLocation, hostAddress } from "../src/proxy/address.ts";
import { requestHeaders, responseHeaders } from "../src/proxy/headers.ts";

test("the assistant's routes are passed on, and no others", () => {
  assert.equal(hostAddress("/ai/chat"), "/ai/chat");
  assert.equal(hostAddress("/ai/admin/providers/openai/key?x=1"), "/ai/admin/providers/openai/key?x=1");
  assert.equal(hostAddress("/server/ping"), "/server/ping");
  for (const url of [
    "/", "/metrics", "/items/articles", "/auth/login", "/aim", "/ai/../metrics", "/ai/%2e%2e/metrics",
    "/ai/..%2fmetrics", "/ai%2f..%2fmetrics", "/ai\\..\\metrics", "/ai//metrics", "//evil.example/ai", "/ai/%252e%252e/metrics",
  ]) {
    assert.equal(hostAddress(url), undefined, url);
  }
});

test("a token in an address is never passed on, whatever it is written like", () => {
  for (const name of ["access_token", "ACCESS_TOKEN", "access%5Ftoken", "access_token[]", "access_token%5B0%5D", "%zz"]) {
    assert.equal(hostAddress(`/ai/chat?a=1&${name}=secret&b=2`), "/ai/chat?a=1&b=2", name);
  }
  assert.equal(hostAddress("/ai/chat?access_token=secret"), "/ai/chat");
});

test("an address that the host gives still works under the prefix", () => {
  assert.equal(clientLocation("?provider=openai&size=1", "/palisade"), "?provider=openai&size=1");
  assert.equal(clientLocation("/ai/files?size=1", "/palisade"), "/palisade/ai/files?size=1");
  assert.equal(clientLocation("https://elsewhere.example/", "/palisade"), "https://elsewhere.example/");
});

test("what a client says about itself stays behind; what is known here goes", () => {
  const raw = [
    "Host", "cms.example", "Authorization", "Bearer one", "Content-Type", "application/json",
    "X-Palisade-Extension-Secret", "forged", "x-palisade-client-ip", "1.2.3.4", "X-PALISADE-anything", "x",
    "X-Forwarded-For", "1.2.3.4", "Forwarded", "for=1.2.3.4", "Connection", "keep-alive, x-secret", "Transfer-Encoding", "chunked",
    "Referer", "https://cms.example/?access_token=secret", "Cookie", "other=1; directus_session_token=abc; directus_refresh_token=def",
  ];
  assert.deepEqual(requestHeaders(raw, { secret: "s3cret", clientIp: "10.0.0.9" }), {
    host: "cms.example",
    authorization: "Bearer one",
    "content-type": "application/json",
    cookie: "directus_session_token=abc",
    "x-palisade-extension-secret": "s3cret",
    "x-palisade-client-ip": "10.0.0.9",
  });
  assert.deepEqual(requestHeaders(raw.slice(6, 12), { secret: undefined, clientIp: "10.0.0.9" }), {});
});

test("a session cookie of another name reaches the host under the name that it knows", () => {
  const trust = { secret: undefined, clientIp: undefined };
  assert.deepEqual(requestHeaders(["cookie", "my_session=a=b"], trust, "my_session"), { cookie: "directus_session_token=a=b" });
  assert.deepEqual(requestHeaders(["cookie", "directus_session_token=a"], trust, "my_session"), {});
});

test("two credentials stay two, for the host to refuse", () => {
  const headers = requestHeaders(["authorization", "Bearer a", "Authorization", "Bearer b"], { secret: undefined, clientIp: undefined });
  assert.deepEqual(headers["authorization"], ["Bearer a", "Bearer b"]);
});

test("headers of the connection and sessions of the host stay behind", () => {
  const headers = { connection: "close, X-Hop", "x-hop": "1", "transfer-encoding": "chunked", "set-cookie": ["a=b"], "content-type": "text/plain" };
  assert.deepEqual(responseHeaders(headers), { "content-type": "text/plain" });
});
