// Where the page is: the host serves it when it was built with it; else the built files are served
// here, with everything else passed on to the host.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BUILT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "extension", "dist-ui");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Gives the page's address, and how to end what serves it. */
export async function startPage(host) {
  const own = await fetch(host.url).then((response) => response.text());
  if (own.includes('id="app"')) return { url: host.url, stop: async () => {} };
  if (!(await stat(path.join(BUILT, "index.html")).catch(() => undefined))) throw new Error("the page isn't built: run npm ci && npm run build:ui in extension/");
  const server = http.createServer((request, response) => serve(request, response, new URL(host.url)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

async function serve(request, response, host) {
  const { pathname } = new URL(request.url, "http://page");
  const file = path.join(BUILT, pathname === "/" ? "index.html" : path.normalize(pathname));
  const found = request.method === "GET" && (await stat(file).catch(() => undefined));
  if (!found || !found.isFile()) return pass(request, response, host);
  response.writeHead(200, {
    "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "cache-control": pathname === "/" ? "no-cache" : "public, max-age=31536000, immutable",
  });
  createReadStream(file).pipe(response);
}

function pass(request, response, host) {
  const options = { hostname: host.hostname, port: host.port, path: request.url, method: request.method, headers: request.headers };
  const outgoing = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  // A client that leaves ends its turn.
  response.on("close", () => outgoing.destroy());
  request.pipe(outgoing);
}
