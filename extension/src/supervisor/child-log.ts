// Lines of the host's output, in Directus's log.
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import type { Logger } from "../directus.ts";

const LONGEST_LINE = 4096;
type Level = "debug" | "info" | "warn" | "error";
const LEVELS: Record<string, Level> = { TRACE: "debug", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" };

/** Level and text of a line: JSON as loggers write it, else a time and a level before the text. */
export function parseLine(line: string, otherwise: Level): { level: Level; message: string } {
  if (line.startsWith("{")) {
    try {
      const { level, message, fields } = JSON.parse(line) as Record<string, unknown>;
      const said = message ?? (fields as { message?: unknown } | undefined)?.message;
      return { level: LEVELS[String(level).toUpperCase()] ?? otherwise, message: typeof said === "string" ? said : line };
    } catch {
      // Text that begins like JSON.
    }
  }
  const match = /^\S+\s+(TRACE|DEBUG|INFO|WARN|ERROR)\s+(.*)$/.exec(line);
  return match ? { level: LEVELS[match[1] ?? ""] ?? otherwise, message: match[2] ?? "" } : { level: otherwise, message: line };
}

/** Values that must not be in a log, though nothing should write them. */
export function secretsOf(environment: Record<string, string>): string[] {
  return Object.entries(environment)
    .filter(([name, value]) => /SECRET|TOKEN|PASSWORD|KEY|DATABASE_URL/.test(name) && !name.endsWith("_FILE") && value.length >= 8)
    .map(([, value]) => value);
}

/** Passes each line on; `each` sees them first. */
export function passLines(stream: Readable, secrets: string[], otherwise: Level, logger: Logger, each?: (line: string) => void): void {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on("line", (line) => {
    each?.(line);
    let { level, message } = parseLine(line.slice(0, LONGEST_LINE), otherwise);
    for (const secret of secrets) message = message.replaceAll(secret, "…");
    if (message.trim() !== "") logger[level](`palisade: ${message}`);
  });
}
