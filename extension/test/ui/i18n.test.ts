// The message files.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import de from "../../src/ui/i18n/de.json";
import en from "../../src/ui/i18n/en.json";
import { setLocale, t } from "../../src/ui/i18n/index.ts";

const names = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

describe("message files", () => {
  test("have the same keys, in order", () => {
    assert.deepEqual(Object.keys(de), Object.keys(en));
    assert.deepEqual(Object.keys(en), Object.keys(en).sort());
  });

  test("have the same values and forms in each text", () => {
    for (const [key, text] of Object.entries(en)) {
      const other = (de as Record<string, string>)[key] ?? "";
      assert.deepEqual(names(other), names(text), key);
      assert.equal(other.split(" | ").length, text.split(" | ").length, key);
      assert.ok(text.trim() !== "" && other.trim() !== "", key);
    }
  });
});

describe("texts", () => {
  test("values, and the form for one", () => {
    setLocale(["en"]);
    assert.equal(t("records.count", { count: 1 }), "1 row");
    assert.equal(t("records.count", { count: 1200 }), "1,200 rows");
    assert.equal(t("context.remove", { name: "{name}" }), "Remove {name}");
  });

  test("the first language that there is", () => {
    setLocale(["fr-FR", "de-CH", "en"]);
    assert.equal(t("common.cancel"), "Abbrechen");
    setLocale(["en"]);
  });
});
