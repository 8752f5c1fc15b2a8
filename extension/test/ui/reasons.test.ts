// The reasons for asking that the host gives, against its source: each has a text in the user's language.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { reasonInWords } from "../../src/ui/approvals/reasons.ts";
import { setLocale } from "../../src/ui/i18n/index.ts";

/** Tests run in the folder of the package. */
const SOURCE = "../host/crates/policy/src/modes.rs";

test("each reason of the host is known", async () => {
  const source = await readFile(SOURCE, "utf8");
  const [, body = ""] = /fn sentence\(self\).*?\{(.*?)\n    \}/s.exec(source) ?? [];
  const sentences = [...body.matchAll(/"([^"]+)"/g)].map(([, sentence = ""]) => sentence);
  assert.equal(sentences.length, [...body.matchAll(/Self::/g)].length, "one for each reason");
  setLocale(["de"]);
  for (const sentence of sentences) assert.notEqual(reasonInWords(sentence), sentence);
});

test("another one is shown as it is", () => {
  assert.equal(reasonInWords("Because of\u202E that."), "Because of⟨U+202E⟩ that.");
});
