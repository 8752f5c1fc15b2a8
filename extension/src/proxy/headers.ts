// Which headers go from a client to the host, and which come back.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** The cookie that the host knows a session by. */
const HOST_SESSION_COOKIE = "directus_session_token";

/**
 * Everything else stays here: headers of a connection, claims about who forwarded what, cookies of
 * other services, an address in `referer` that may hold a token, and whatever pretends to come from
 * this extension.
 */
const TO_HOST = new Set([
  "accept",
  "accept-language",
  "authorization",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-type",
  "host",
  "if-modified-since",
  "if-none-match",
  "origin",
  "range",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "traceparent",
  "tracestate",
  "user-agent",
]);

/** Headers that belong to one connection (RFC 9110, section 7.6.1), and a session that isn't Directus's. */
const NOT_TO_CLIENT = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export interface Trust {
  /** What the host knows this extension by; without it, it believes nothing that the extension says. */
  secret: string | undefined;
  clientIp: string | undefined;
}

/** Headers of the request to the host. `rawHeaders` keeps what a client sent twice. */
export function requestHeaders(
  rawHeaders: readonly string[],
  trust: Trust,
  sessionCookie = HOST_SESSION_COOKIE,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    if (name === "cookie") cookies.push(value);
    if (!TO_HOST.has(name)) continue;
    const earlier = headers[name];
    // Whether two of a kind are one too many is for the host to say.
    headers[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  const session = sessionOf(cookies, sessionCookie);
  if (session !== undefined) headers["cookie"] = `${HOST_SESSION_COOKIE}=${session}`;
  if (trust.secret !== undefined) {
    headers["x-palisade-extension-secret"] = trust.secret;
    if (trust.clientIp !== undefined) headers["x-palisade-client-ip"] = trust.clientIp;
  }
  return headers;
}

function sessionOf(cookies: string[], name: string): string | undefined {
  for (const pair of cookies.join(";").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Headers of the answer to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set(
    (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()),
  );
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !NOT_TO_CLIENT.has(name) && !named.has(name)),
  );
}
