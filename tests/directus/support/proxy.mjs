// A server between the host and Directus that does what networks and gateways do.
import { createServer, request as send } from "node:http";
import { once } from "node:events";

/** What a proxy may do with a request, besides passing it on. */
export const pass = { kind: "pass" };
/** Passes it on after so many milliseconds. */
export const late = (ms) => ({ kind: "pass", ms });
/** Passes it on, waits for the whole answer, and breaks the connection instead of giving it. */
export const lose = { kind: "lose" };
/** Passes it on and breaks the connection in the middle of the answer's body. */
export const cutAnswer = { kind: "cut-answer" };
/** Breaks the connection without passing anything on. */
export const cutRequest = { kind: "cut-request" };
/** Answers by itself. */
export const answer = (status, body, headers = {}) => ({ kind: "answer", status, body, headers });

/** Directus's own refusals. */
export const refusal = (status, code, message, extensions = {}, headers = {}) =>
  answer(status, JSON.stringify({ errors: [{ message, extensions: { ...extensions, code } }] }), { "content-type": "application/json; charset=utf-8", ...headers });

/** Starts a proxy in front of `target`. It passes everything on until a rule is set. */
export async function startProxy(target) {
  let rule = () => pass;
  let seen = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("error", () => {});
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const at = new URL(request.url, "http://any.example").pathname;
      const record = { method: request.method, at, reached: false };
      seen.push(record);
      const action = rule(record, seen.filter((one) => one.method === record.method && one.at === record.at).length) ?? pass;
      act(action, { request, response, body: Buffer.concat(chunks), record });
    });
  });

  async function act({ kind, ms = 0, ...rest }, { request, response, body, record }) {
    const broken = () => request.socket.destroy();
    if (kind === "cut-request") return broken();
    if (kind === "answer") return response.writeHead(rest.status, rest.headers).end(rest.body);
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    const upstream = send(new URL(request.url, target), { method: request.method, headers: request.headers, agent: false }, (answered) => {
      const parts = [];
      answered.on("error", broken);
      answered.on("data", (part) => parts.push(part));
      answered.on("end", () => {
        record.status = answered.statusCode;
        const content = Buffer.concat(parts);
        if (kind === "lose") return broken();
        const headers = { ...answered.headers, "content-length": content.length };
        delete headers["transfer-encoding"];
        delete headers.connection;
        response.writeHead(answered.statusCode, headers);
        if (kind !== "cut-answer") return response.end(content);
        response.write(content.subarray(0, Math.floor(content.length / 2)), () => setTimeout(broken, 50));
      });
    });
    upstream.on("error", broken);
    record.reached = true;
    upstream.end(body);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Sets the rule, `(request, how often this route was asked since) => action`, and forgets what was seen. */
    rule: (next = () => pass) => {
      rule = next;
      seen = [];
    },
    /** Requests since the rule was set. */
    seen: (method, at) => seen.filter((one) => (!method || one.method === method) && (!at || one.at === at)),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
