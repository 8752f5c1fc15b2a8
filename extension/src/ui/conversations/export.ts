// A conversation as a file for its user.
import { callOf, isTool, textOf, type Message, type ToolPart } from "../chat/parts.ts";
import { t } from "../i18n/index.ts";

export function asMarkdown(title: string, messages: readonly Message[]): string {
  const sections = messages.map((message) => {
    const who = message.role === "user" ? t("message.you") : t("message.assistant");
    const calls = message.parts.filter((part) => isTool(part)).map((part) => `- \`${callLine(part as unknown as ToolPart)}\``);
    return [`## ${who}`, ...(calls.length > 0 ? [calls.join("\n")] : []), textOf(message)].filter(Boolean).join("\n\n");
  });
  return `${[`# ${title}`, ...sections].join("\n\n")}\n`;
}

function callLine(part: ToolPart): string {
  const { tool, input } = callOf(part);
  return `${tool} ${JSON.stringify(input)} → ${part.state}`.replaceAll("`", "'");
}

export function asJson(title: string, messages: readonly Message[]): string {
  return `${JSON.stringify({ title, messages }, null, 2)}\n`;
}

/** Gives the user a file. */
export function saveAs(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // After the browser has begun to save it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function fileName(title: string, extension: string): string {
  const plain = title.normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").toLowerCase();
  return `${plain.slice(0, 50) || "conversation"}.${extension}`;
}
