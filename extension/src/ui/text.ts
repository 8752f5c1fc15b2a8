// Text that others wrote, made harmless to read.

/** Characters that turn the order of what stands around them, or that can't be seen at all. */
const DECEPTIVE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u061c\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** The text with deceptive characters written out, so that what is read is what is there. */
export function visible(text: string): string {
  return text.replace(DECEPTIVE, (character) => `⟨U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The text without them, where it isn't decided on but only read. */
export function readable(text: string): string {
  return text.replace(DECEPTIVE, "");
}

/** The beginning, with a sign that it is one. */
export function beginning(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).trimEnd()}…` : text;
}

/** A value in one line, as a person reads it. */
export function inWords(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return visible(value);
  return visible(JSON.stringify(value));
}
