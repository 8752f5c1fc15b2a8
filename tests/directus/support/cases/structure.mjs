// Collections, fields, relations, flows and operations: what administrators alone may do.

const collection = (t, name = t.mark) =>
  t.request("POST", "/collections", {
    collection: name,
    schema: {},
    meta: { note: t.mark },
    fields: [{ field: "id", type: "integer", schema: { is_primary_key: true, has_auto_increment: true } }],
  });
/** Removes what a case made, where it made it. */
const drop = (at) => (t) => t.request("DELETE", at(t)).catch(() => undefined);
const dropCollection = drop((t) => `/collections/${t.mark}`);
const dropFlows = async (t) => {
  const flows = await t.request("GET", `/flows?filter[name][_contains]=${t.mark}&fields=id`);
  if (flows.length > 0) await t.request("DELETE", "/flows", flows.map(({ id }) => id));
};
const dropAuthorField = drop((t) => `/fields/categories/editor_${t.mark}`);
const field = (t) => ({ field: `editor_${t.mark}`, type: "integer", schema: {}, meta: { note: "Who is in charge" } });
const relation = (t) => ({ collection: "categories", field: `editor_${t.mark}`, related_collection: "authors", schema: { on_delete: "SET NULL" }, meta: null });
/** With all three names: without one of them, an update ends the whole process of Directus 11.17.4. */
const changedRelation = (t) => ({ ...relation(t), schema: { on_delete: "NO ACTION" } });
const flow = (t, rest = {}) => ({ name: `Flow ${t.mark}`, status: "inactive", trigger: "manual", options: { collections: ["articles"] }, ...rest });
const operation = (t, rest = {}) => ({ name: "Say it", key: `say_${t.mark}`, type: "log", position_x: 19, position_y: 1, options: { message: t.mark }, flow: t.made.id ?? t.made.flow, ...rest });
const makeFlow = (t) => t.request("POST", "/flows", flow(t));
const makeOperation = async (t) => {
  const { id } = await makeFlow(t);
  const made = await t.request("POST", "/operations", operation({ ...t, made: { id } }));
  return { id: made.id, flow: id };
};
const definition = (t) => ({
  collection: t.mark,
  schema: {},
  meta: { note: t.mark, icon: "bolt" },
  fields: [
    { field: "id", type: "integer", schema: { is_primary_key: true, has_auto_increment: true } },
    { field: "name", type: "string", schema: { max_length: 80 }, meta: { required: true } },
  ],
});

const collections = [
  { name: "read: all", input: () => ({ action: "read" }), rest: () => ["GET", "/collections"] },
  { name: "read: one", input: () => ({ action: "read", keys: ["authors"] }), rest: () => ["GET", "/collections/authors"] },
  { name: "read: one that doesn't exist", input: () => ({ action: "read", keys: ["nothing"] }), rest: () => ["GET", "/collections/nothing"] },
  {
    name: "create", writes: true, cleanup: dropCollection, after: (t) => `/fields/${t.mark}`,
    input: (t) => ({ action: "create", data: [definition(t)] }),
    rest: (t) => ["POST", "/collections", [definition(t)]],
  },
  {
    name: "create: one that there is", writes: true,
    input: () => ({ action: "create", data: { collection: "authors", schema: {}, meta: {} } }),
    rest: () => ["POST", "/collections", { collection: "authors", schema: {}, meta: {} }],
  },
  {
    name: "update", writes: true, prepare: collection, cleanup: dropCollection, after: (t) => `/collections/${t.mark}`,
    input: (t) => ({ action: "update", data: [{ collection: t.mark, meta: { note: "Another note" } }] }),
    rest: (t) => ["PATCH", "/collections", [{ collection: t.mark, meta: { note: "Another note" } }]],
  },
  {
    name: "delete", writes: true, prepare: collection, cleanup: dropCollection, after: (t) => `/collections/${t.mark}`,
    input: (t) => ({ action: "delete", keys: [t.mark] }), rest: (t) => ["DELETE", `/collections/${t.mark}`], deletes: (t) => [t.mark],
  },
];

const fields = [
  { name: "read: all", input: () => ({ action: "read" }), rest: () => ["GET", "/fields"] },
  { name: "read: of a collection", input: () => ({ action: "read", collection: "articles" }), rest: () => ["GET", "/fields/articles"] },
  { name: "read: one", input: () => ({ action: "read", collection: "articles", field: "title" }), rest: () => ["GET", "/fields/articles/title"] },
  { name: "read: one that doesn't exist", input: () => ({ action: "read", collection: "articles", field: "nothing" }), rest: () => ["GET", "/fields/articles/nothing"] },
  {
    name: "create", writes: true, cleanup: dropAuthorField, after: (t) => `/fields/categories/editor_${t.mark}`,
    input: (t) => ({ action: "create", collection: "categories", data: [field(t)] }),
    rest: (t) => ["POST", "/fields/categories", field(t)],
  },
  {
    name: "update", writes: true, prepare: (t) => t.request("POST", "/fields/categories", field(t)), cleanup: dropAuthorField,
    after: (t) => `/fields/categories/editor_${t.mark}`,
    input: (t) => ({ action: "update", collection: "categories", data: [{ field: `editor_${t.mark}`, meta: { note: "Changed" } }] }),
    rest: (t) => ["PATCH", "/fields/categories", [{ field: `editor_${t.mark}`, meta: { note: "Changed" } }]],
  },
  {
    name: "delete", writes: true, prepare: (t) => t.request("POST", "/fields/categories", field(t)), cleanup: dropAuthorField,
    after: (t) => `/fields/categories/editor_${t.mark}`,
    input: (t) => ({ action: "delete", collection: "categories", field: `editor_${t.mark}` }),
    rest: (t) => ["DELETE", `/fields/categories/editor_${t.mark}`], deletes: (t) => [`editor_${t.mark}`],
  },
];

const makeField = (t) => t.request("POST", "/fields/categories", field(t));
const makeRelation = async (t) => {
  await makeField(t);
  return t.request("POST", "/relations", relation(t));
};
const related = { writes: true, cleanup: dropAuthorField, after: (t) => `/relations/categories/editor_${t.mark}` };
const relations = [
  { name: "read: all", input: () => ({ action: "read" }), rest: () => ["GET", "/relations"] },
  { name: "read: of a collection", input: () => ({ action: "read", collection: "articles" }), rest: () => ["GET", "/relations/articles"] },
  { name: "read: one", input: () => ({ action: "read", collection: "articles", field: "author" }), rest: () => ["GET", "/relations/articles/author"] },
  {
    ...related, name: "create", prepare: makeField,
    input: (t) => ({ action: "create", data: relation(t) }), rest: (t) => ["POST", "/relations", relation(t)],
  },
  {
    ...related, name: "update", prepare: makeRelation,
    input: (t) => ({ action: "update", collection: "categories", field: `editor_${t.mark}`, data: changedRelation(t) }),
    rest: (t) => ["PATCH", `/relations/categories/editor_${t.mark}`, changedRelation(t)],
  },
  {
    ...related, name: "delete", prepare: makeRelation,
    input: (t) => ({ action: "delete", collection: "categories", field: `editor_${t.mark}` }),
    rest: (t) => ["DELETE", `/relations/categories/editor_${t.mark}`], deletes: (t) => [`editor_${t.mark}`],
  },
];

const flowAfter = (t) => `/flows?filter[name][_contains]=${t.mark}`;
const flows = [
  { name: "read: all", input: () => ({ action: "read" }), rest: () => ["GET", "/flows"] },
  { name: "read: some fields", input: () => ({ action: "read", query: { fields: ["name", "trigger"] } }), rest: () => ["GET", "/flows?fields=name,trigger"] },
  {
    name: "create", writes: true, cleanup: dropFlows, after: flowAfter,
    input: (t) => ({ action: "create", data: flow(t) }), rest: (t) => ["POST", "/flows", flow(t)],
  },
  {
    name: "update", writes: true, prepare: makeFlow, cleanup: dropFlows, after: flowAfter,
    input: (t) => ({ action: "update", key: t.made.id, data: { description: "Changed" } }),
    rest: (t) => ["PATCH", `/flows/${t.made.id}`, { description: "Changed" }],
  },
  {
    name: "delete", writes: true, prepare: makeFlow, cleanup: dropFlows, after: flowAfter,
    input: (t) => ({ action: "delete", key: t.made.id }), rest: (t) => ["DELETE", `/flows/${t.made.id}`], deletes: (t) => [t.made.id],
  },
];

const operationAfter = (t) => `/operations?filter[key][_contains]=${t.mark}`;
const operations = [
  { name: "read: all", input: () => ({ action: "read" }), rest: () => ["GET", "/operations"] },
  {
    name: "create", writes: true, prepare: makeFlow, cleanup: dropFlows, after: operationAfter,
    input: (t) => ({ action: "create", data: operation(t) }), rest: (t) => ["POST", "/operations", operation(t)],
  },
  {
    name: "create: of a type that doesn't exist", writes: true, prepare: makeFlow, cleanup: dropFlows, after: operationAfter,
    input: (t) => ({ action: "create", data: operation(t, { flow: "3f6a6c62-0000-4000-8000-000000000000" }) }),
    rest: (t) => ["POST", "/operations", operation(t, { flow: "3f6a6c62-0000-4000-8000-000000000000" })],
  },
  {
    name: "update", writes: true, prepare: makeOperation, cleanup: dropFlows, after: operationAfter,
    input: (t) => ({ action: "update", key: t.made.id, data: { name: "Changed" } }), rest: (t) => ["PATCH", `/operations/${t.made.id}`, { name: "Changed" }],
  },
  {
    name: "delete", writes: true, prepare: makeOperation, cleanup: dropFlows, after: operationAfter,
    input: (t) => ({ action: "delete", key: t.made.id }), rest: (t) => ["DELETE", `/operations/${t.made.id}`], deletes: (t) => [t.made.id],
  },
];

export default Object.entries({ collections, fields, relations, flows, operations }).flatMap(([tool, cases]) => cases.map((one) => ({ tool, ...one })));
