import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { Backoff } from "../src/supervisor/backoff.ts";
import { findBinary } from "../src/supervisor/binary.ts";
import { parseLine, secretsOf } from "../src/supervisor/child-log.ts";
import { childEnvironment, directusUrl } from "../src/supervisor/environment.ts";

const folder = mkdtempSync(join(tmpdir(), "palisade-unit-"));
after(() => rmSync(folder, { recursive: true }));

test("the host gets its settings and none of Directus's secrets", () => {
  const env = {
    SECRET: "directus-secret", KEY: "k", DB_PASSWORD: "p", ADMIN_PASSWORD: "a",
    PALISADE_URL: "x", PALISADE_BINARY: "x", PALISADE_STUDIO_PANEL: true, PALISADE_EXTENSION_SECRET: "x",
    PALISADE_WORKSPACE__MAX_STEPS: 5, PALISADE_EGRESS__ALLOW_PRIVATE: ["10.0.0.1", "10.0.0.2"], PALISADE_LOG: "",
  };
  const child = childEnvironment(env, { directusUrl: "http://127.0.0.1:8055", publicUrl: "https://cms.example/sub", secret: "s" });
  for (const name of ["PATH", "HOME", "TMPDIR", "LANG", "TZ"]) delete child[name];
  assert.deepEqual(child, {
    PALISADE_WORKSPACE__MAX_STEPS: "5",
    PALISADE_EGRESS__ALLOW_PRIVATE: "10.0.0.1,10.0.0.2",
    PALISADE_WORKSPACE__BACKEND: "directus",
    PALISADE_DIRECTUS__URL: "http://127.0.0.1:8055",
    PALISADE_DIRECTUS__EXTENSION_SECRET: "s",
    PALISADE_PUBLIC_URL: "https://cms.example",
    PALISADE_DIRECTUS__PUBLIC_URL: "https://cms.example/sub",
  });
});

test("what the administrator set wins", () => {
  const env = { PALISADE_DIRECTUS__URL: "http://directus:8055", PALISADE_DIRECTUS__PUBLIC_URL: "https://cms.example", PALISADE_PUBLIC_URL: "https://ai.example", PALISADE_WORKSPACE__BACKEND: "embedded" };
  const child = childEnvironment(env, { directusUrl: "http://127.0.0.1:1", publicUrl: "/", secret: "s" });
  for (const [name, value] of Object.entries(env)) assert.equal(child[name], value);
});

test("Directus is reached where it listens", () => {
  assert.equal(directusUrl({ address: "0.0.0.0", port: 8055 }, "/"), "http://127.0.0.1:8055");
  assert.equal(directusUrl({ address: "::", port: 80 }, "/"), "http://127.0.0.1:80");
  assert.equal(directusUrl({ address: "10.1.2.3", port: 80 }, "/"), "http://10.1.2.3:80");
  assert.equal(directusUrl({ address: "::1", port: 80 }, "/"), "http://[::1]:80");
  assert.equal(directusUrl("/run/directus.sock", "https://cms.example"), "https://cms.example");
  assert.equal(directusUrl("/run/directus.sock", "/"), undefined);
});

test("the binary is the one that was named, or the first on PATH that can be run", () => {
  const file = join(folder, "palisade");
  writeFileSync(file, "#!/bin/sh\n", { mode: 0o644 });
  assert.ok(typeof findBinary(undefined, folder) === "object", "not executable");
  chmodSync(file, 0o755);
  assert.equal(findBinary(undefined, `/nowhere:${folder}`), file);
  assert.equal(findBinary(file, ""), file);
  assert.match((findBinary(join(folder, "other"), folder) as { problem: string }).problem, /PALISADE_BINARY/);
  assert.match((findBinary(undefined, ".:") as { problem: string }).problem, /PALISADE_URL/);
});

test("waits grow to half a minute, and shrink again after a healthy minute", () => {
  const backoff = new Backoff();
  assert.deepEqual([0, 0, 5_000, 0, 0, 0, 0].map((ready) => backoff.after(ready)), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(backoff.after(60_000), 1000);
});

test("lines keep their level", () => {
  assert.deepEqual(parseLine("2026-01-01T00:00:00.0Z  WARN palisade::x: careful", "info"), { level: "warn", message: "palisade::x: careful" });
  assert.deepEqual(parseLine('{"level":"ERROR","fields":{"message":"bad"}}', "info"), { level: "error", message: "bad" });
  assert.deepEqual(parseLine("{not json", "info"), { level: "info", message: "{not json" });
  assert.deepEqual(parseLine("Palisade listens", "info"), { level: "info", message: "Palisade listens" });
});

test("values that no log may have are known", () => {
  const environment = { PALISADE_MASTER_KEY: "0123456789", PALISADE_MASTER_KEY_FILE: "/run/secrets/key", PALISADE_DIRECTUS__EXTENSION_SECRET: "abcdefghij", PATH: "/usr/bin:/bin" };
  assert.deepEqual(secretsOf(environment), ["0123456789", "abcdefghij"]);
});
