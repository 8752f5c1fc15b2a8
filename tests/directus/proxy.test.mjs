// The extension in a real Directus: what it passes to the host and back, and how it runs the host.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { eventually, within } from "../sdk/process.mjs";
import { freePort, start, VERSIONS } from "./directus.mjs";
import { extensionsFolder } from "./extension.mjs";
import { USERS } from "./seeds/newsroom.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const SEED = path.join(here, "seeds", "newsroom.mjs");
const STANDIN = path.join(here, "standin.mjs");
const SECONDS = 20;
const SECRET = "a-secret-that-both-sides-were-given";

let extensions;
before(async () => (extensions = await extensionsFolder()));
after(() => rm(extensions, { recursive: true, force: true }));

const startDirectus = (version, env) =>
  start({ version, seed: SEED, extensions, env: { LOG_LEVEL: "info", IP_TRUST_PROXY: "false", ...env } });

const bearer = { authorization: `Bearer ${USERS.editor.token}` };
const call = (directus, at, options = {}) =>
  fetch(`${directus.url}${at}`, { signal: AbortSignal.timeout(SECONDS * 1000), ...options, headers: { ...bearer, ...options.headers } });
const chat = (directus, model, options = {}) =>
  call(directus, "/palisade/ai/chat", {
    method: "POST",
    body: JSON.stringify({ model }),
    ...options,
    headers: { "content-type": "application/json", ...options.headers },
  });
/** What the stand-in knows: process, environment and the requests so far. */
const standin = async (directus) => (await (await call(directus, "/palisade/ai/standin")).json()).data;
const lastRequest = async (directus) => (await standin(directus)).requests.at(-1);
const values = (record, name) => record.rawHeaders.filter((_, index) => index % 2 === 1 && record.rawHeaders[index - 1].toLowerCase() === name);
const ready = (directus) =>
  eventually(async () => (await call(directus, "/palisade/server/ping")).ok, { seconds: SECONDS, what: "the host", describe: directus.log });

async function isRunning(pid) {
  // A process that nobody waited for is over all the same.
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return status !== "" && !/^State:\s+[ZX]/m.test(status);
}
const gone = (pid) => eventually(async () => !(await isRunning(pid)), { seconds: SECONDS, what: `the end of process ${pid}` });

for (const version of VERSIONS) {
  describe(`Directus ${version}`, () => {
    let directus;
    before(async () => {
      directus = await startDirectus(version, { PALISADE_BINARY: STANDIN, PALISADE_LIMITS__LIVE_TURNS: "7" });
      await ready(directus);
    });
    after(() => directus?.stop());

    test("a stream arrives as it is sent", async () => {
      const response = await chat(directus, "paced");
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "text/event-stream");
      assert.ok(!response.headers.get("set-cookie")?.includes("of-the-host"), "the host sets no session of Directus");
      const delays = [];
      let text = "";
      for await (const chunk of response.body) {
        text += Buffer.from(chunk);
        const sent = /"at":(\d+)\}\n\n(?:data: \[DONE\]\n\n)?$/.exec(text);
        if (sent) delays.push(Date.now() - Number(sent[1]));
      }
      assert.match(text, /data: \[DONE\]\n\n$/);
      assert.equal(new Set(text.match(/"delta":"\d"/g)).size, 5);
      // 200 ms lie between words: whatever held one back until the next would show.
      assert.ok(delays.length >= 4 && Math.max(...delays) < 150, `delays in ms: ${delays}`);
      console.error(`directus ${version}: words arrive ${delays.join(", ")} ms after they were sent`);
    });

    test("who leaves stops the turn at the host", async () => {
      const leaving = new AbortController();
      const response = await chat(directus, "endless", { signal: leaving.signal });
      await response.body.getReader().read();
      assert.equal((await lastRequest(directus)).left, false);
      leaving.abort();
      await eventually(async () => (await lastRequest(directus)).left, { what: "the end of the turn" });
    });

    test("a body arrives byte for byte", async () => {
      const body = '{ "model" : "quick",\n "text": "\\u00fc ü" }';
      assert.equal((await chat(directus, "", { body })).status, 200);
      assert.equal((await lastRequest(directus)).body, body);
    });

    test("an upload streams through, also when the host sends the client back", async () => {
      const file = randomBytes(9 * 1024 * 1024);
      const boundary = "----of-a-test";
      const body = Buffer.concat([
        Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`),
        file,
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]);
      const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
      const response = await call(directus, "/palisade/ai/files", { method: "POST", body: new Blob([body]), headers });
      assert.equal(response.redirected, true);
      assert.equal(response.url, `${directus.url}/palisade/ai/files?provider=openai&size=7`);
      assert.deepEqual(await response.json(), { bytes: body.length, sha256: createHash("sha256").update(body).digest("hex") });
    });

    test("an upload that breaks off ends at the host too", async () => {
      const leaving = new AbortController();
      const endless = new ReadableStream({
        pull: async (controller) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.enqueue(new Uint8Array(1024));
        },
      });
      const upload = call(directus, "/palisade/ai/files?size=1", {
        method: "POST",
        body: endless,
        duplex: "half",
        headers: { "content-type": "multipart/form-data; boundary=x" },
        signal: leaving.signal,
      });
      await eventually(async () => (await lastRequest(directus))?.url === "/ai/files?size=1", { what: "the upload" });
      leaving.abort();
      await assert.rejects(upload);
      await eventually(async () => (await lastRequest(directus)).left, { what: "the end of the upload" });
    });

    test("the host learns who asks from the credential, and from this extension what it can't see", async () => {
      const forged = {
        "x-palisade-extension-secret": "forged", "x-palisade-client-ip": "203.0.113.9", "x-palisade-user": "admin",
        "x-forwarded-for": "203.0.113.9", referer: "http://127.0.0.1/?access_token=leaked", cookie: "other=1; directus_refresh_token=r",
      };
      await (await chat(directus, "quick", { headers: forged })).text();
      const { env, requests } = await standin(directus);
      const record = requests.at(-1);
      assert.deepEqual(values(record, "authorization"), [bearer.authorization]);
      assert.deepEqual(values(record, "host"), [new URL(directus.url).host]);
      assert.match(env.PALISADE_DIRECTUS__EXTENSION_SECRET, /^[0-9a-f]{64}$/);
      assert.deepEqual(values(record, "x-palisade-extension-secret"), [env.PALISADE_DIRECTUS__EXTENSION_SECRET]);
      assert.deepEqual(values(record, "x-palisade-client-ip").map((ip) => ip.replace("::ffff:", "")), ["127.0.0.1"]);
      const all = JSON.stringify(record);
      for (const word of ["forged", "203.0.113.9", "x-palisade-user", "leaked", "other=1", "directus_refresh_token"]) {
        assert.ok(!all.includes(word), `${word} reached the host`);
      }
    });

    test("a session reaches the host as its cookie", async () => {
      const login = await fetch(`${directus.url}/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: USERS.editor.email, password: USERS.editor.password, mode: "session" }),
      });
      const cookie = login.headers.getSetCookie().map((one) => one.split(";")[0]).find((one) => one.startsWith("directus_session_token="));
      assert.ok(cookie, "no session was given");
      const response = await fetch(`${directus.url}/palisade/ai/chat`, {
        method: "POST",
        headers: { "content-type": "application/json", cookie: `a=b; ${cookie}` },
        body: JSON.stringify({ model: "quick" }),
      });
      assert.equal(response.status, 200);
      const record = await lastRequest(directus);
      assert.deepEqual(values(record, "cookie"), [cookie]);
      assert.deepEqual(values(record, "authorization"), []);
    });

    test("a token in the address is not passed on", async () => {
      const at = `/palisade/ai/chat?access_token=${USERS.editor.token}&tool_mode=registry`;
      const response = await fetch(directus.url + at, { method: "POST", headers: { "content-type": "application/json" }, body: '{"model":"quick"}' });
      assert.equal(response.status, 200);
      const record = await lastRequest(directus);
      assert.equal(record.url, "/ai/chat?tool_mode=registry");
      assert.ok(!JSON.stringify(record).includes(USERS.editor.token));
    });

    test("whom Directus refuses doesn't reach the host, nor do routes that aren't for its users", async () => {
      const { requests } = await standin(directus);
      const refused = await chat(directus, "quick", { headers: { authorization: "Bearer nobody's" } });
      assert.equal(refused.status, 401);
      for (const at of ["/palisade/metrics", "/palisade/items/articles", "/palisade/ai/..%2fmetrics"]) {
        const response = await call(directus, at);
        assert.equal(response.status, 404, at);
        assert.equal((await response.json()).errors[0].extensions.code, "ROUTE_NOT_FOUND");
      }
      assert.equal((await standin(directus)).requests.length, requests.length);
    });

    test("the host is told what it needs, and no secret of Directus", async () => {
      const { env, argv } = await standin(directus);
      const { PALISADE_DIRECTUS__EXTENSION_SECRET: _, ...rest } = env;
      const told = Object.entries(rest).filter(([name]) => !["PATH", "HOME", "TMPDIR", "LANG", "TZ", "PWD", "SHLVL", "_", "OLDPWD"].includes(name));
      assert.deepEqual(Object.fromEntries(told), {
        PALISADE_LIMITS__LIVE_TURNS: "7",
        PALISADE_WORKSPACE__BACKEND: "directus",
        PALISADE_DIRECTUS__URL: directus.url,
        PALISADE_PUBLIC_URL: directus.url,
        PALISADE_DIRECTUS__PUBLIC_URL: `${directus.url}/`,
      });
      assert.deepEqual(argv.slice(2), ["--data-dir", path.join(directus.folder, ".palisade"), "serve", "--listen", "127.0.0.1:0"]);
      assert.match(await readFile(path.join(directus.folder, ".palisade", "master.key"), "utf8"), /made by the stand-in/);
      assert.match(directus.log(), /BACK UP THIS FILE/);
      assert.match(directus.log(), /standin: the secret is …/);
      assert.ok(!directus.log().includes(env.PALISADE_DIRECTUS__EXTENSION_SECRET));
    });

    test("a host that is killed in a stream ends it with an error, and comes back", async () => {
      const { pid } = await standin(directus);
      const response = await chat(directus, "half");
      const reader = response.body.getReader();
      const first = Buffer.from((await reader.read()).value).toString();
      process.kill(pid, "SIGKILL");
      let text = first;
      for (let read; !(read = await within(SECONDS, "the end of the stream", reader.read())).done; ) text += Buffer.from(read.value);
      const [whole, error, done, ...others] = text.split("\n\n");
      assert.match(whole, /"delta":"whole"/);
      assert.equal(JSON.parse(error.slice("data: ".length)).type, "error");
      assert.equal(done, "data: [DONE]");
      assert.deepEqual(others, [""]);

      const meanwhile = await chat(directus, "quick");
      assert.equal(meanwhile.status, 503);
      assert.ok(Number(meanwhile.headers.get("retry-after")) >= 1);
      const [{ message, extensions: details }] = (await meanwhile.json()).errors;
      assert.match(message, /unavailable/);
      assert.equal(details.code, "SERVICE_UNAVAILABLE");
      assert.equal(details.service, "palisade");
      assert.ok(details.reason.length > 0);

      await ready(directus);
      assert.match(await (await chat(directus, "quick")).text(), /"delta":"quick"/);
      assert.notEqual((await standin(directus)).pid, pid);
    });

    test("the host stops with Directus", async () => {
      const { pid } = await standin(directus);
      await directus.stop("SIGTERM");
      await gone(pid);
    });
  });
}

describe("the ends of Directus and of the host", () => {
  test("a Directus that is killed leaves no host behind", async () => {
    const directus = await startDirectus(VERSIONS[0], { PALISADE_BINARY: STANDIN });
    try {
      await ready(directus);
      const { pid, ppid } = await standin(directus);
      await directus.stop("SIGKILL");
      await gone(pid);
      await gone(ppid);
    } finally {
      await directus.stop("SIGKILL");
    }
  });

  test("a host elsewhere is asked with the secret that was agreed on, and its absence said", async () => {
    const seen = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers);
      response.end("{}");
    });
    const port = await freePort();
    const env = { PALISADE_URL: `http://127.0.0.1:${port}/base/`, PALISADE_EXTENSION_SECRET: SECRET };
    const directus = await startDirectus(VERSIONS[0], env);
    try {
      const absent = await call(directus, "/palisade/ai/models");
      assert.equal(absent.status, 503);
      assert.equal((await absent.json()).errors[0].extensions.service, "palisade");
      await new Promise((resolve) => elsewhere.listen(port, "127.0.0.1", resolve));
      assert.equal((await call(directus, "/palisade/ai/models")).status, 200);
      assert.equal(seen[0]["x-palisade-extension-secret"], SECRET);
    } finally {
      elsewhere.closeAllConnections();
      elsewhere.close();
      await directus.stop();
    }
  });
});
