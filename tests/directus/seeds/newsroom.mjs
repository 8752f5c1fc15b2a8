// The sample project `newsroom` in a real Directus: the same collections, users and policies as in
// the embedded sample, with 1,000 articles.
//
// Directus 12 without a licence refuses field lists, item rules, presets and validation, so there
// the policies open whole collections.

const ARTICLE = ["id", "title", "slug", "body", "status", "published_on", "author", "category", "comments"];
const EDITED = ["title", "slug", "body", "status", "published_on", "author", "category"];
const PUBLISHED = { status: { _eq: "published" } };

export const USERS = {
  editor: { email: "editor@example.com", password: "editor-demo-password", token: "editor-demo-token" },
  reader: { email: "reader@example.com", password: "reader-demo-password", token: "reader-demo-token" },
  api: { email: "api@example.com", password: "api-demo-password", token: "api-demo-token" },
};

export default async function seed({ version, request }) {
  await collections(request);
  await items(request);
  await people(request, Number(version.split(".")[0]) < 12);
  await request("PATCH", "/settings", { project_name: "Newsroom" });
}

const key = { field: "id", type: "integer", schema: { is_primary_key: true, has_auto_increment: true } };
const text = (field, schema = {}, meta = {}) => ({ field, type: "text", schema, meta });
const string = (field, schema = {}, meta = {}) => ({ field, type: "string", schema: { max_length: 255, ...schema }, meta });
const required = { is_nullable: false };

async function collections(request) {
  const create = (collection, note, fields) =>
    request("POST", "/collections", { collection, schema: {}, meta: { note }, fields: [key, ...fields] });
  const relate = async (collection, field, related, oneField) => {
    await request("POST", `/fields/${collection}`, { field, type: "integer", schema: {}, meta: { special: ["m2o"] } });
    await request("POST", `/fields/${related}`, { field: oneField, type: "alias", schema: null, meta: { special: ["o2m"] } });
    await request("POST", "/relations", {
      collection, field, related_collection: related, meta: { one_field: oneField }, schema: { on_delete: "SET NULL" },
    });
  };
  await create("authors", "The people who write", [
    string("name", required, { required: true }), string("email", { is_unique: true }), string("beat"), text("bio"),
  ]);
  await create("categories", "Sections of the site", [
    string("name", required, { required: true }), string("slug", required, { required: true }), text("description"),
  ]);
  await create("articles", "News stories, drafts and published", [
    string("title", required, { required: true }), string("slug"), text("body", {}, { note: "Markdown" }),
    string("status", { default_value: "draft", ...required }), text("internal_note"),
    { field: "published_on", type: "timestamp", schema: {}, meta: {} },
  ]);
  await create("comments", "What readers wrote under articles", [
    string("author_name", required, { required: true }), text("body", required, { required: true }),
    { field: "approved", type: "boolean", schema: { default_value: false, ...required }, meta: { special: ["cast-boolean"] } },
  ]);
  await relate("articles", "author", "authors", "articles");
  await relate("articles", "category", "categories", "articles");
  await relate("comments", "article", "articles", "comments");
}

async function items(request) {
  const range = (count, make) => Array.from({ length: count }, (_, index) => make(index + 1));
  await request("POST", "/items/authors", range(50, (n) => ({ name: `Author ${n}`, email: `author${n}@example.com`, beat: `Beat ${n % 7}` })));
  await request("POST", "/items/categories", range(20, (n) => ({ name: `Category ${n}`, slug: `category-${n}` })));
  for (let from = 0; from < 1000; from += 250) {
    await request("POST", "/items/articles", range(250, (n) => {
      const number = from + n;
      const published = number % 3 !== 0;
      return {
        title: `Article ${number}`,
        slug: `article-${number}`,
        body: `The story of article ${number}. `.repeat(8),
        status: published ? "published" : "draft",
        internal_note: number % 5 === 0 ? `Note for the desk on ${number}` : null,
        published_on: published ? new Date(Date.UTC(2026, 0, 1, number)).toISOString() : null,
        author: 1 + (number % 50),
        category: 1 + (number % 20),
      };
    }));
  }
  await request("POST", "/items/comments", range(300, (n) => ({
    article: 1 + (n % 100), author_name: `Reader ${n}`, body: `Comment ${n}`, approved: n % 2 === 0,
  })));
}

async function people(request, rules) {
  const permission = (collection, action, fields, rule = {}) => ({
    collection, action, fields: rules ? fields : ["*"], permissions: rules ? rule : {}, validation: null, presets: null,
  });
  const all = ["*"];
  const reads = ["authors", "categories", "directus_files"].map((name) => permission(name, "read", all));
  const roles = {
    editor: { app: true, permissions: [
      permission("articles", "read", ARTICLE), permission("articles", "create", EDITED), permission("articles", "update", EDITED),
      permission("comments", "read", all), ...reads,
    ] },
    reader: { app: true, permissions: [
      permission("articles", "read", ARTICLE, PUBLISHED), permission("comments", "read", all, { article: PUBLISHED }), ...reads,
    ] },
    api: { app: false, permissions: [
      permission("articles", "read", ARTICLE.filter((field) => field !== "comments"), PUBLISHED),
    ] },
  };
  for (const [name, { app, permissions }] of Object.entries(roles)) {
    const policy = await request("POST", "/policies", { name, icon: "badge", app_access: app, admin_access: false });
    await request("POST", "/permissions", permissions.map((one) => ({ ...one, policy: policy.id })));
    const role = await request("POST", "/roles", { name, policies: { create: [{ policy: policy.id }], update: [], delete: [] } });
    await request("POST", "/users", { ...USERS[name], first_name: name, last_name: "Demo", role: role.id });
  }
}
