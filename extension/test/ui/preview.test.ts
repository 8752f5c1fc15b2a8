// What an approval shows of what is there now.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { difference } from "../../src/ui/approvals/difference.ts";
import { previewOf, readPreview } from "../../src/ui/approvals/preview.ts";
import { ApiClient, encodeQuery, type Query } from "../../src/ui/api/client.ts";
import { Project } from "../../src/ui/api/project.ts";

const FIELDS = [
  { collection: "articles", field: "id", type: "integer", meta: null, schema: { is_primary_key: true } },
  { collection: "articles", field: "title", type: "string", meta: null, schema: {} },
  { collection: "articles", field: "comments", type: "alias", meta: { special: ["o2m"] }, schema: null },
];

/** A project that answers with these rows, and keeps what it was asked. */
class FakeProject extends Project {
  asked: Query[] = [];
  readonly #rows: Record<string, unknown>[];

  constructor(rows: Record<string, unknown>[]) {
    super(new ApiClient({ bases: { assistant: "", project: "" } }));
    this.#rows = rows;
  }

  override fields() {
    return Promise.resolve(FIELDS);
  }

  override items(_: string, query: Query) {
    this.asked.push(query);
    if (query["aggregate"]) return Promise.resolve([{ count: { "*": 30 } }]);
    return Promise.resolve(this.#rows);
  }
}

describe("previews", () => {
  test("an update has old and new values of the fields that change", async () => {
    const project = new FakeProject([{ id: 3, title: "Old" }]);
    const preview = await readPreview(project, "items", { action: "update", collection: "articles", keys: ["3"], data: { title: "New" } });
    assert.deepEqual(preview, { kind: "update", isRead: true, more: 0, items: [{ key: "3", changes: [{ field: "title", before: "Old", after: "New" }] }] });
    assert.deepEqual(project.asked[0]?.["fields"], ["id", "title"]);
    assert.deepEqual(project.asked[0]?.["filter"], { id: { _in: ["3"] } });
  });

  test("an item that can't be read is said to be so", async () => {
    const preview = await readPreview(new FakeProject([]), "items", { action: "update", collection: "articles", keys: [3], data: { title: "New" } });
    assert.deepEqual(preview, { kind: "update", isRead: false, more: 0, items: [{ key: 3, changes: [{ field: "title", after: "New" }] }] });
  });

  test("a field that can't be read has no old value", async () => {
    const preview = await readPreview(new FakeProject([{ id: 3 }]), "items", { action: "update", collection: "articles", keys: [3], data: { title: "New" } });
    assert.deepEqual(preview.kind === "update" && preview.items[0]?.changes, [{ field: "title", after: "New" }]);
  });

  test("a list of changes has each item's own", async () => {
    const project = new FakeProject([{ id: 1, title: "A" }, { id: 2, title: "B" }]);
    const preview = await readPreview(project, "items", { action: "update", collection: "articles", data: [{ id: 2, title: "Y" }, { id: 1, title: "X" }] });
    assert.deepEqual(preview.kind === "update" && preview.items, [
      { key: 2, changes: [{ field: "title", before: "B", after: "Y" }] },
      { key: 1, changes: [{ field: "title", before: "A", after: "X" }] },
    ]);
  });

  test("an update by filter shows some of what matches, and counts the rest", async () => {
    const filter = { title: { _null: true } };
    const project = new FakeProject([{ id: 1, title: null }, { id: 2, title: null }]);
    const preview = await readPreview(project, "items", { action: "update", collection: "articles", query: { filter }, data: { title: "New" } });
    assert.deepEqual(preview.kind === "update" && [preview.items.map(({ key }) => key), preview.isRead, preview.more], [[1, 2], true, 28]);
    assert.deepEqual(project.asked.map((query) => query["filter"]), [filter, filter]);
  });

  test("a delete shows what is removed, and what hangs on it", async () => {
    const project = new FakeProject([{ id: 3, title: "Doomed", comments_count: 4 }]);
    const preview = await readPreview(project, "items", { action: "delete", collection: "articles", keys: [3] });
    assert.deepEqual(preview, { kind: "delete", isRead: true, more: 0, items: [{ key: 3, values: { title: "Doomed" }, hanging: [{ field: "comments", count: 4 }] }] });
    assert.deepEqual(project.asked[0]?.["fields"], ["id", "title", "count(comments)"]);
  });

  test("many are looked at up to a number, and the rest is counted", () => {
    const keys = Array.from({ length: 50 }, (_, index) => index);
    const preview = previewOf("items", { action: "delete", collection: "articles", keys });
    assert.deepEqual(preview.kind === "delete" && [preview.items.length, preview.more], [20, 30]);
  });

  test("what reaches beyond the project has origin and body", () => {
    const url = "https://user@evil.example:8443/path?q=1";
    assert.deepEqual(previewOf("files", { action: "import", data: [{ url, file: { title: "x" } }] }), {
      kind: "web",
      requests: [{ origin: "https://evil.example:8443", address: url, body: { title: "x" } }],
    });
    assert.equal(previewOf("plugin__fetch", { url: "https://a.example/b" }).kind, "web");
    assert.equal(previewOf("plugin__fetch", { url: "javascript:1" }).kind, "none");
  });

  test("nothing to show for a read", () => {
    assert.deepEqual(previewOf("items", { action: "read", collection: "articles" }), { kind: "none" });
  });
});

test("where texts differ", () => {
  assert.deepEqual(difference("one two three", "one 2 three"), { start: "one ", removed: "two", added: "2", end: " three" });
  assert.deepEqual(difference("aa", "aaa"), { start: "aa", removed: "", added: "a", end: "" });
  assert.deepEqual(difference("😀", "😁"), { start: "", removed: "😀", added: "😁", end: "" });
});

test("queries are written as Directus reads them", () => {
  assert.equal(decodeURIComponent(encodeQuery({ fields: ["id", "count(x)"], filter: { id: { _in: [1] } }, limit: 2, search: undefined })), 'fields[]=id&fields[]=count(x)&filter={"id":{"_in":[1]}}&limit=2');
});
