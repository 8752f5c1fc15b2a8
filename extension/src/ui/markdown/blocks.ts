// Cuts a growing markdown text into blocks. A block that is finished never changes again, so that it is
// rendered once; only the last is rendered anew as text comes.

export interface Block {
  kind: "text" | "code";
  /** The markdown of a text block; the content of a code block. */
  text: string;
  /** What a code block says that it is. */
  language: string;
}

interface Fence {
  character: string;
  length: number;
  language: string;
}

/** Characters after which a text block is cut even where markdown would go on. */
const LONGEST = 12_000;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^`\n]*)$/;
const NESTED_FENCE = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})/;
const LIST_ITEM = /^\s{0,3}(?:[-*+]|\d{1,9}[.)])\s/;
const INDENTED = /^(?: {2,}|\t)\S/;
const TABLE_RULE = /^\s{0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

export class BlockReader {
  /** All of the text that was read. */
  #text = "";
  /** Where what isn't finished begins. */
  #at = 0;
  /** Head of the table that the last finished block was cut from, for the rest of its rows. */
  #head = "";
  readonly #finished: Block[] = [];

  /** The blocks of a text; it has to begin with the text of the call before, or all begins anew. */
  read(text: string, isComplete: boolean): readonly Block[] {
    if (!text.startsWith(this.#text)) {
      this.#at = 0;
      this.#head = "";
      this.#finished.length = 0;
    }
    this.#text = text;
    for (;;) {
      const taken = takeBlock(text.slice(this.#at), isComplete);
      if (taken === undefined) return this.#finished;
      if (this.#head !== "") taken.block.text = this.#head + taken.block.text;
      if (!taken.isFinished) return [...this.#finished, taken.block];
      this.#finished.push(taken.block);
      this.#at += taken.length;
      this.#head = taken.isCut ? tableHead(taken.block.text) : "";
    }
  }
}

interface Taken {
  block: Block;
  /** Characters that it took. */
  length: number;
  isFinished: boolean;
  /** It goes on with the next block. */
  isCut?: boolean;
}

function takeBlock(text: string, isComplete: boolean): Taken | undefined {
  const blank = /^(?:[ \t]*\n)*/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(blank);
  if (rest.trim() === "") return undefined;
  const firstLine = lineAt(rest, 0);
  const fence = fenceOf(firstLine.text);
  // A fence is known as one when its line is whole: until then its language may still be coming.
  const taken = fence && (firstLine.isWhole || isComplete) ? takeCode(rest, fence, firstLine.end, isComplete) : takeText(rest, isComplete);
  return { ...taken, length: taken.length + blank };
}

function takeCode(text: string, fence: Fence, start: number, isComplete: boolean): Taken {
  for (let at = start; at < text.length; ) {
    const line = lineAt(text, at);
    if ((line.isWhole || isComplete) && closes(line.text, fence)) {
      return { block: code(text.slice(start, at), fence), length: line.end, isFinished: true };
    }
    at = line.end;
  }
  return { block: code(text.slice(start), fence), length: text.length, isFinished: isComplete };
}

function takeText(text: string, isComplete: boolean): Taken {
  const isList = LIST_ITEM.test(lineAt(text, 0).text);
  let nested: Fence | undefined;
  let afterBlank = false;
  for (let at = 0; at < text.length; ) {
    const line = lineAt(text, at);
    const isBlank = line.text.trim() === "";
    if (nested) {
      if (line.isWhole && closes(line.text.trim(), nested)) nested = undefined;
    } else if (at > 0 && line.isWhole && fenceOf(line.text) && !(isList && INDENTED.test(line.text))) {
      return finished(text, at);
    } else if (isBlank) {
      // What follows a blank line decides whether a list goes on.
      if (!isList && line.isWhole) return finished(text, at);
      afterBlank = true;
    } else {
      if (afterBlank) {
        // "1" may become "1." yet.
        if (!line.isWhole && !isComplete) break;
        if (!LIST_ITEM.test(line.text) && !INDENTED.test(line.text)) return finished(text, at);
        if (at > LONGEST && LIST_ITEM.test(line.text)) return finished(text, at);
      }
      afterBlank = false;
      nested = isList ? nestedFence(line.text) : undefined;
    }
    if (at > LONGEST && line.isWhole && !nested) return cut(text, at);
    if (!line.isWhole && line.end - at > LONGEST) return cut(text, at + LONGEST);
    at = line.end;
  }
  return { block: { kind: "text", text, language: "" }, length: text.length, isFinished: isComplete };
}

const finished = (text: string, length: number): Taken => ({
  block: { kind: "text", text: text.slice(0, length), language: "" },
  length,
  isFinished: true,
});

/** Cuts a block in two that is too long. */
function cut(text: string, at: number): Taken {
  // Not in the middle of a character.
  const isSplit = /[\ud800-\udbff]/.test(text.charAt(at - 1));
  return { ...finished(text, isSplit ? at - 1 : at), isCut: true };
}

interface Line {
  text: string;
  /** Where the next line begins. */
  end: number;
  isWhole: boolean;
}

function lineAt(text: string, at: number): Line {
  const newline = text.indexOf("\n", at);
  const end = newline < 0 ? text.length : newline;
  return { text: text.slice(at, end).replace(/\r$/, ""), end: newline < 0 ? end : end + 1, isWhole: newline >= 0 };
}

function fenceOf(line: string): Fence | undefined {
  const found = FENCE.exec(line);
  if (found === null) return undefined;
  const [, marks = "", language = ""] = found;
  return { character: marks.charAt(0), length: marks.length, language: language.trim().split(/\s/, 1)[0] ?? "" };
}

function nestedFence(line: string): Fence | undefined {
  const marks = NESTED_FENCE.exec(line)?.[1];
  return marks === undefined ? undefined : { character: marks.charAt(0), length: marks.length, language: "" };
}

function closes(line: string, fence: Fence): boolean {
  const marks = /^ {0,3}(`+|~+)\s*$/.exec(line)?.[1] ?? "";
  return marks.startsWith(fence.character) && marks.length >= fence.length;
}

const code = (content: string, { language }: Fence): Block => ({ kind: "code", text: content.replace(/\n$/, ""), language });

/** Header and rule of the table that a text begins with, if it does. */
function tableHead(text: string): string {
  const header = lineAt(text, 0);
  const rule = lineAt(text, header.end);
  return header.text.includes("|") && rule.isWhole && TABLE_RULE.test(rule.text) ? text.slice(0, rule.end) : "";
}
