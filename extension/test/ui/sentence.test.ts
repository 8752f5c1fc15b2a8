// What approvals say.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { sentence } from "../../src/ui/approvals/sentence.ts";
import { setLocale } from "../../src/ui/i18n/index.ts";

const items = (input: object): string => sentence("items", { collection: "articles", ...input });

describe("sentences", () => {
  for (const [said, expected] of [
    [items({ action: "update", keys: [3], data: { title: "a", body: "b" } }), "Change 2 fields of articles 3"],
    [items({ action: "update", keys: [3, 4], data: { title: "a" } }), "Change 1 field of articles 3 and 4"],
    [items({ action: "update", keys: [1, 2, 3, 4, 5, 6], data: { title: "a" } }), "Change 1 field of 6 items of articles"],
    [items({ action: "update", query: { filter: {} }, data: { status: "x" } }), "Change 1 field of all items of articles that match a filter"],
    [items({ action: "update", data: [{ id: 1, a: 1 }, { id: 2, a: 2 }] }), "Change 2 items of articles, each in its own way"],
    [items({ action: "create", data: { title: "a" } }), "Create 1 item in articles"],
    [items({ action: "create", data: [{}, {}, {}] }), "Create 3 items in articles"],
    [items({ action: "delete", keys: [3] }), "Delete articles 3"],
    [items({ action: "delete", keys: [1, 2, 3, 4, 5, 6] }), "Delete 6 items of articles"],
    [items({ action: "read" }), "Read items of articles"],
    [items({ action: "read", query: { aggregate: { count: ["*"] } } }), "Count or sum up items in articles"],
    [sentence("files", { action: "import", data: [{ url: "https://a.example/b" }] }), "Import 1 file from the web"],
    [sentence("files", { action: "delete", keys: ["a-b"] }), "Delete files a-b"],
    [sentence("collections", { action: "delete", keys: ["articles"] }), "Delete the collection articles with all of its items"],
    [sentence("fields", { action: "delete", collection: "articles", field: "title" }), "Delete the field title of articles with all of its values"],
    [sentence("trigger-flow", { id: "f1", collection: "articles" }), "Start the flow f1 for articles"],
    [sentence("weather__forecast", { city: "Bern" }), "Run forecast of the plugin weather"],
    [sentence("unheard-of", {}), "Run the tool unheard-of"],
    [items({ action: "purge" }), "Run “purge” on articles"],
    [sentence("items", {}), "Run “” on ?"],
  ] as const) {
    test(expected, () => {
      setLocale(["en"]);
      assert.equal(said, expected);
    });
  }

  test("names can't turn the sentence around or hide in it", () => {
    assert.match(sentence("items", { action: "delete", collection: "a\u202eb", keys: ["\u200b1"] }), /a⟨U\+202E⟩b ⟨U\+200B⟩1/);
    assert.ok(sentence("items", { action: "delete", collection: "x".repeat(5000), keys: [1] }).length < 120);
  });

  test("arguments of the wrong kind are no crash", () => {
    for (const input of [{ action: 7 }, { action: "update", data: 5 }, { action: "delete", keys: "all" }, { action: "create", data: [null, 1] }]) {
      assert.equal(typeof items(input), "string");
    }
  });
});
