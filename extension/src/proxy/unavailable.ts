// The answer when the host can't be reached, in Directus's shape.
import type { ServerResponse } from "node:http";

const SERVICE = "palisade";

export interface Unavailable {
  /** For the caller; says nothing about addresses or files. */
  reason: string;
  retryAfterSeconds: number;
}

export function refuse(response: ServerResponse, { reason, retryAfterSeconds }: Unavailable): void {
  send(
    response,
    503,
    { message: `Service "${SERVICE}" is unavailable. ${reason}`, extensions: { code: "SERVICE_UNAVAILABLE", service: SERVICE, reason } },
    { "retry-after": String(retryAfterSeconds) },
  );
}

export function notFound(response: ServerResponse, path: string): void {
  send(response, 404, { message: `Route ${path} doesn't exist.`, extensions: { code: "ROUTE_NOT_FOUND", path } });
}

function send(response: ServerResponse, status: number, error: object, headers: Record<string, string> = {}): void {
  const body = JSON.stringify({ errors: [error] });
  response.writeHead(status, {
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
  });
  response.end(body);
}
