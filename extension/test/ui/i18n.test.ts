// The message files.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import de from "../../src/ui/i18n/de.json";
import en from "../../src/ui/i18n/en.json";
import { setLocale, t } from "../../src/ui/i18n/index.ts";
import settingsDe from "../../src/ui/i18n/settings.de.json";
import settingsEn from "../../src/ui/i18n/settings.en.json";

const names = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

type Catalogue = Record<string, string>;

for (const [name, english, german] of [
  ["chat", en, de],
  ["settings", settingsEn, settingsDe],
] as [string, Catalogue, Catalogue][]) {
  describe(`message files of the ${name}`, () => {
    test("have the same keys, in order", () => {
      assert.deepEqual(Object.keys(german), Object.keys(english));
      assert.deepEqual(Object.keys(english), Object.keys(english).sort());
    });

    test("have the same values and forms in each text", () => {
      for (const [key, text] of Object.entries(english)) {
        const other = german[key] ?? "";
        assert.deepEqual(names(other), names(text), key);
        assert.equal(other.split(" | ").length, text.split(" | ").length, key);
        assert.ok(text.trim() !== "" && other.trim() !== "", key);
      }
    });
  });
}

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
