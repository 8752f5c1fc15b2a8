// `items`, beside the routes below /items.

const ARTICLES = "/items/articles";

const reads = {
  "without a query": {},
  "some fields": { fields: ["id", "title"], limit: 3 },
  "fields of a relation": { fields: ["id", "author.name", "category.slug"], limit: 3 },
  "fields of many related items": { fields: ["id", "comments.id", "comments.body"], limit: 3 },
  "all fields of all relations": { fields: ["*.*"], limit: 2 },
  "a filter": { filter: { status: { _eq: "draft" } }, fields: ["id", "status"], limit: 5 },
  "a filter of many parts": { filter: { _or: [{ id: { _in: [1, 2] } }, { _and: [{ id: { _gt: 990 } }, { title: { _contains: "99" } }] }] }, fields: ["id"], sort: ["id"] },
  "a filter over a relation": { filter: { author: { name: { _eq: "Author 7" } } }, fields: ["id"], sort: ["id"], limit: 5 },
  "a filter over many related items": { filter: { comments: { _some: { approved: { _eq: true } } } }, fields: ["id"], sort: ["id"], limit: 5 },
  "sorted, a page of it": { sort: ["-category", "id"], fields: ["id", "category"], limit: 4, page: 3 },
  "from an offset": { sort: ["id"], fields: ["id"], limit: 4, offset: 7 },
  "an offset beyond the end": { sort: ["id"], fields: ["id"], limit: 4, offset: 5000 },
  "a search": { search: "article 77", fields: ["id", "title"], limit: 5 },
  "a search that finds nothing": { search: "nothing like it", fields: ["id"] },
  "a count": { aggregate: { count: ["*"] } },
  "aggregates by group": { aggregate: { count: ["id"], max: ["id"] }, groupBy: ["status"], sort: ["status"] },
  "a deep query": { fields: ["id", "comments.id"], deep: { comments: { _limit: 1, _sort: ["-id"] } }, sort: ["id"], limit: 3 },
  "another name for a field": { fields: ["id", "latest.id"], alias: { latest: "comments" }, sort: ["id"], limit: 2 },
  "a date relative to now": { filter: { published_on: { _gt: "$NOW(-10 years)" } }, fields: ["id"], sort: ["id"], limit: 2 },
  "a field that not all may read": { fields: ["id", "internal_note"], limit: 5 },
  "a filter on a field that not all may read": { filter: { internal_note: { _nnull: true } }, fields: ["id"], sort: ["id"], limit: 3 },
  "sorted by a field that not all may read": { fields: ["id"], sort: ["internal_note", "id"], limit: 3 },
  "a field that doesn't exist": { fields: ["id", "nothing"] },
  "an operator that doesn't exist": { filter: { id: { _almost: 3 } } },
};

const read = (name, collection, query) => ({
  name: `read: ${name}`,
  tool: "items",
  input: () => ({ action: "read", collection, query }),
  rest: () => ["GET", `/items/${collection}`, undefined, query],
});

const byKeys = (name, keys) => ({
  name: `read: ${name}`,
  tool: "items",
  input: () => ({ action: "read", collection: "articles", keys, query: { fields: ["id", "title"] } }),
  rest: () => ["SEARCH", ARTICLES, { keys, query: { fields: ["id", "title"] } }],
});

const article = (t, rest = {}) => t.request("POST", ARTICLES, { title: `Title ${t.mark}`, slug: t.mark, status: "draft", ...rest });
const made = (t) => `${ARTICLES}?filter[title][_contains]=${t.mark}&fields=title,slug,status,category,author.name,comments.body`;
const write = (name, rest) => ({ name, tool: "items", writes: true, after: made, ...rest });

/** Keys of what was made along are different on both sides, so their values are asked for. */
const FIELDS = ["title", "author.name", "comments.body"];
const commented = (t) => ({ comments: { create: [{ author_name: "R", body: t.mark }], update: [], delete: [] } });
const creates = {
  "create: several": (t) => [1, 2, 3].map((n) => ({ title: `Title ${t.mark} ${n}`, status: "published" })),
  "create: with an existing author": (t) => ({ title: `Title ${t.mark}`, author: 7 }),
  "create: with a new author": (t) => ({ title: `Title ${t.mark}`, author: { name: `Author ${t.mark}` } }),
  "create: with new comments": (t) => ({ title: `Title ${t.mark}`, comments: [{ author_name: "R", body: `Comment ${t.mark}` }] }),
  "create: without a required value": (t) => ({ slug: t.mark }),
  "create: an author that doesn't exist": (t) => ({ title: `Title ${t.mark}`, author: 123456 }),
  "create: a field that not all may write": (t) => ({ title: `Title ${t.mark}`, internal_note: "For the desk" }),
  "create: a field that doesn't exist": (t) => ({ title: `Title ${t.mark}`, nothing: 1 }),
};

export default [
  ...Object.entries(reads).map(([name, query]) => read(name, "articles", query)),
  read("the whole of another collection", "categories", { sort: ["id"] }),
  read("a collection that doesn't exist", "nothing", {}),
  byKeys("one by key", [3]),
  byKeys("several by key, one of which doesn't exist", [4, 5, 123456]),
  byKeys("none by key", [123456]),
  {
    name: "read: a query that the model wrote as text",
    tool: "items",
    input: () => ({ action: "read", collection: "articles", query: '{"fields":"id,title","limit":"2"}' }),
    rest: () => ["GET", ARTICLES, undefined, { fields: "id,title", limit: 2 }],
  },
  { name: "read: a collection of one item", tool: "items", input: () => ({ action: "read", collection: "front_page" }), rest: () => ["GET", "/items/front_page"] },
  {
    name: "update: a collection of one item", tool: "items", writes: true, after: () => "/items/front_page",
    input: () => ({ action: "update", collection: "front_page", keys: [1], data: { headline: "Spring is here" } }),
    rest: () => ["PATCH", "/items/front_page", { headline: "Spring is here" }],
  },
  ...Object.entries(creates).map(([name, data]) =>
    write(name, {
      input: (t) => ({ action: "create", collection: "articles", data: data(t), query: { fields: FIELDS } }),
      rest: (t) => ["POST", ARTICLES, data(t), { fields: FIELDS }],
    }),
  ),
  write("create: one, and all of the result", {
    input: (t) => ({ action: "create", collection: "articles", data: { title: `Title ${t.mark}`, slug: t.mark, author: 3 } }),
    rest: (t) => ["POST", ARTICLES, { title: `Title ${t.mark}`, slug: t.mark, author: 3 }],
  }),
  write("update: by key", {
    prepare: article,
    input: (t) => ({ action: "update", collection: "articles", keys: [t.made.id], data: { status: "published" } }),
    rest: (t) => ["PATCH", `${ARTICLES}/${t.made.id}`, { status: "published" }],
  }),
  write("update: several by key", {
    prepare: async (t) => [await article(t), await article(t)],
    input: (t) => ({ action: "update", collection: "articles", keys: t.made.map(({ id }) => id), data: { category: 4 } }),
    rest: (t) => ["PATCH", ARTICLES, { keys: t.made.map(({ id }) => id), data: { category: 4 } }],
  }),
  write("update: by a filter", {
    prepare: async (t) => [await article(t), await article(t)],
    input: (t) => ({ action: "update", collection: "articles", query: { filter: { slug: { _eq: t.mark } } }, data: { category: 5 } }),
    rest: (t) => ["PATCH", ARTICLES, { query: { filter: { slug: { _eq: t.mark } } }, data: { category: 5 } }],
  }),
  write("update: each with values of its own", {
    prepare: async (t) => [await article(t), await article(t)],
    input: (t) => ({ action: "update", collection: "articles", data: t.made.map(({ id }, n) => ({ id, category: 6 + n })) }),
    rest: (t) => ["PATCH", ARTICLES, t.made.map(({ id }, n) => ({ id, category: 6 + n }))],
  }),
  write("update: new comments", {
    prepare: article,
    input: (t) => ({ action: "update", collection: "articles", keys: [t.made.id], data: commented(t), query: { fields: FIELDS } }),
    rest: (t) => ["PATCH", `${ARTICLES}/${t.made.id}`, commented(t), { fields: FIELDS }],
  }),
  write("update: what doesn't exist", {
    input: () => ({ action: "update", collection: "articles", keys: [123456], data: { category: 4 } }),
    rest: () => ["PATCH", ARTICLES, { keys: [123456], data: { category: 4 } }],
  }),
  write("delete: one", {
    prepare: article,
    input: (t) => ({ action: "delete", collection: "articles", keys: [t.made.id] }),
    rest: (t) => ["DELETE", `${ARTICLES}/${t.made.id}`],
    deletes: (t) => [t.made.id],
  }),
  write("delete: several", {
    prepare: async (t) => [await article(t), await article(t)],
    input: (t) => ({ action: "delete", collection: "articles", keys: t.made.map(({ id }) => id) }),
    rest: (t) => ["DELETE", ARTICLES, t.made.map(({ id }) => id)],
    deletes: (t) => t.made.map(({ id }) => id),
  }),
  write("delete: what doesn't exist", {
    input: () => ({ action: "delete", collection: "articles", keys: [123456] }),
    rest: () => ["DELETE", ARTICLES, [123456]],
    deletes: () => [123456],
  }),
];
