// Reads the first field of a form without taking it from whoever handles the request next.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";

/** What Data Studio writes before a file. */
const MOST_READ_BYTES = 64 * 1024;
const WITHIN_MS = 10_000;

/**
 * The value of a text field near the beginning of a multipart body, or undefined. Everything that was
 * read is put back.
 */
export async function peekField(request: IncomingMessage, name: string): Promise<string | undefined> {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(request.headers["content-type"] ?? "");
  const delimiter = boundary?.[1] ?? boundary?.[2];
  if (delimiter === undefined) return undefined;
  const read: Buffer[] = [];
  let bytes = 0;
  let value: string | undefined;
  const late = AbortSignal.timeout(WITHIN_MS);
  try {
    while (value === undefined && bytes < MOST_READ_BYTES && !request.readableEnded) {
      const chunk = request.read() as Buffer | null;
      if (chunk === null) {
        if (request.complete && request.readableLength === 0) break;
        await once(request, "readable", { signal: late });
        continue;
      }
      read.push(chunk);
      bytes += chunk.length;
      value = fieldIn(Buffer.concat(read).subarray(0, MOST_READ_BYTES).toString("latin1"), delimiter, name);
    }
  } catch {
    value = undefined;
  }
  if (read.length > 0 && !request.destroyed) request.unshift(Buffer.concat(read));
  return value;
}

/** The value of a field that is complete in `text`, bytes as characters. */
export function fieldIn(text: string, delimiter: string, name: string): string | undefined {
  const parts = `\r\n${text}`.split(`\r\n--${delimiter}`);
  // Before the first delimiter stands nothing, and the last part may go on.
  for (const part of parts.slice(1, -1)) {
    const end = part.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(part.slice(0, end))?.[1] ?? "";
    if (/;?\s*filename\*?=/i.test(disposition)) continue;
    if (/(?:^|;)\s*name="([^"]*)"/i.exec(disposition)?.[1] === name) return part.slice(end + 4);
  }
  return undefined;
}
