// Passes one request to the host and its answer back, in both directions as the bytes come.
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";

import type { DirectusRequest, Logger } from "../directus.ts";
import type { Host } from "../host.ts";
import { clientLocation } from "./address.ts";
import { WholeEvents } from "./event-stream.ts";
import { requestHeaders, responseHeaders } from "./headers.ts";
import { refuse } from "./unavailable.ts";

/**
 * The host closes connections that were idle for 30 seconds. Closing them sooner here means that no
 * request goes out on one that the host is just closing: a turn must not be sent twice.
 */
const IDLE_CONNECTION_MS = 15_000;
const agents = {
  "http:": new http.Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS, noDelay: true }),
  "https:": new https.Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS, noDelay: true }),
};
const UNREACHABLE = { reason: "The assistant's host can't be reached at the moment.", retryAfterSeconds: 2 };

export interface Route {
  /** Path and query at the host. */
  address: string;
  /** What stands before that path for clients. */
  prefix: string;
}

/** Forwards `request` and answers it, whatever the host does. */
export function forward(request: DirectusRequest, response: ServerResponse, route: Route, host: Host, logger: Logger): void {
  const target = host.target();
  if ("reason" in target) return refuse(response, target);
  const outgoing = open(request, route, target.url, host);
  const left = new AbortController();
  let answered = false;

  response.once("close", () => {
    // The client is gone or has everything. An unfinished turn ends now, with all that it holds.
    left.abort();
    if (!response.writableFinished) outgoing.destroy();
  });
  outgoing.once("response", (answer) => {
    answered = true;
    if ((answer.statusCode ?? 0) >= 300 && !request.readableEnded) {
      // Refused before it was read to its end. Nobody wants the rest.
      request.unpipe(outgoing);
      request.resume();
    }
    passBack(answer, response, route, left.signal, logger).catch((error: unknown) => {
      logger.warn(`palisade: an answer could not be passed on: ${reasonOf(error)}`);
      response.destroy();
    }).finally(() => {
      if (!answer.complete || !outgoing.writableFinished) outgoing.destroy();
    });
  });
  outgoing.on("error", (error) => {
    // Once there is an answer, its own end says what happened.
    if (answered || left.signal.aborted) return;
    logger.warn(`palisade: the host can't be reached: ${reasonOf(error)}`);
    request.unpipe(outgoing);
    refuse(response, UNREACHABLE);
  });
  sendBody(request, outgoing);
}

function open(request: DirectusRequest, route: Route, base: URL, host: Host): ClientRequest {
  const secure = base.protocol === "https:";
  const clientIp = request.accountability?.ip ?? request.socket.remoteAddress;
  const headers = requestHeaders(request.rawHeaders, { secret: host.secret, clientIp }, host.sessionCookie);
  const options: https.RequestOptions = {
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[|\]$/g, ""),
    port: base.port || (secure ? 443 : 80),
    method: request.method,
    path: base.pathname.replace(/\/$/, "") + route.address,
    headers,
    agent: agents[secure ? "https:" : "http:"],
    // The certificate is the host's, not that of the name in the `host` header.
    ...(secure ? { servername: base.hostname } : {}),
  };
  return (secure ? https : http).request(options);
}

/** Sends the body as Directus left it: parsed, or as a stream that nobody has read. */
function sendBody(request: DirectusRequest, outgoing: ClientRequest): void {
  const parsed = parsedBody(request);
  if (parsed === undefined) {
    request.pipe(outgoing);
    return;
  }
  // Directus's parser has undone the encoding and may have read chunks of unknown length.
  outgoing.removeHeader("content-encoding");
  outgoing.setHeader("content-length", parsed.length);
  outgoing.end(parsed);
}

function parsedBody(request: DirectusRequest): Buffer | undefined {
  if (request.rawBody !== undefined) return request.rawBody;
  const hasContent = typeof request.body === "object" && request.body !== null && Object.keys(request.body).length > 0;
  return request.readableEnded && hasContent ? Buffer.from(JSON.stringify(request.body)) : undefined;
}

async function passBack(
  answer: IncomingMessage,
  response: ServerResponse,
  route: Route,
  left: AbortSignal,
  logger: Logger,
): Promise<void> {
  const headers = responseHeaders(answer.headers);
  if (typeof headers["location"] === "string") headers["location"] = clientLocation(headers["location"], route.prefix);
  response.writeHead(answer.statusCode ?? 502, headers);
  const isEventStream = /^text\/event-stream\b/i.test(answer.headers["content-type"] ?? "");
  const events = isEventStream ? new WholeEvents() : undefined;
  // The client learns at once that its request was taken.
  response.flushHeaders();
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const passed = events ? events.push(chunk) : chunk;
      if (passed.length > 0 && !response.write(passed)) await once(response, "drain", { signal: left });
    }
    response.end(events?.rest());
  } catch (error) {
    if (left.aborted) return;
    logger.warn(`palisade: the host broke off an answer: ${reasonOf(error)}`);
    // A body of another kind can't say so in itself; cutting it off does.
    if (events) response.end(events.interruption());
    else response.destroy();
  }
}

/** Codes, not messages: those may name addresses. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : "unknown";
}
