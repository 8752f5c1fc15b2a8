// `schema` shows a caller the structure that Directus shows them, in the form that the tool has.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask } from "../compare.mjs";
import { TOKENS } from "../world.mjs";

const ACTIONS = ["read", "create", "update"];

/** What a caller may do, as Directus says: collection → action → {access, fields}. */
const permissions = async (directus, token) => (await ask(directus.url, token, ["GET", "/permissions/me"])).data;

/** Fields of a collection that the caller may read or write, as Directus says. */
async function fieldsOf(directus, token, collection) {
  const rights = (await permissions(directus, token))[collection] ?? {};
  const { data } = await ask(directus.url, token, ["GET", `/fields/${collection}`]);
  const usable = ({ field }) => ACTIONS.some((action) => rights[action]?.access !== "none" && rights[action]?.fields?.some((name) => name === "*" || name === field));
  return data.filter(usable).map(({ field }) => field).sort();
}

/** Registers the tests. `world()` is what was started. */
export default function schema(world) {
  for (const person of ["admin", "editor", "reader"]) {
    for (const registry of [false, true]) {
      const way = registry ? "of the registry" : "directly";
      const call = (input) => world().turns(TOKENS[person]).call("schema", input, { registry });
      test(`the overview has the ${person}'s collections and fields, ${way}`, async () => {
        const { directus } = world();
        const { data } = await call({});
        const rights = await permissions(directus, TOKENS[person]);
        const { data: known } = await ask(directus.url, TOKENS[person], ["GET", "/collections"]);
        const own = known
          .filter(({ collection, schema: table }) => table && !collection.startsWith("directus_"))
          .map(({ collection }) => collection)
          .filter((collection) => ACTIONS.some((action) => (rights[collection]?.[action]?.access ?? "none") !== "none"));
        assert.deepEqual(data.map(({ collection }) => collection).filter((name) => !name.startsWith("directus_")).sort(), own.sort());
        for (const { collection, fields } of data.filter(({ collection: name }) => own.includes(name))) {
          assert.deepEqual([...fields].sort(), await fieldsOf(directus, TOKENS[person], collection), collection);
        }
      });
      test(`a collection in full has the ${person}'s fields and relations, ${way}`, async () => {
        const { directus } = world();
        const { data: [articles] } = await call({ keys: ["articles"] });
        assert.deepEqual(articles.fields.map(({ field }) => field).sort(), await fieldsOf(directus, TOKENS[person], "articles"));
        const { data: fields } = await ask(directus.url, TOKENS[person], ["GET", "/fields/articles"]);
        for (const { field, type } of articles.fields) assert.equal(type, fields.find((one) => one.field === field).type, field);
        const { data: relations } = await ask(directus.url, TOKENS[person], ["GET", "/relations/articles"]);
        const expected = Object.fromEntries(relations.map(({ field, related_collection: related }) => [field, { type: "m2o", collection: related }]));
        const told = Object.fromEntries(articles.fields.filter(({ relation }) => relation?.type === "m2o").map(({ field, relation }) => [field, relation]));
        assert.deepEqual(told, expected);
        const rights = (await permissions(directus, TOKENS[person])).articles;
        const may = ["read", "create", "update", "delete"].filter((action) => rights[action] && rights[action].access !== "none");
        assert.deepEqual(articles.actions, may);
      });
      test(`a collection that the ${person} may not see is as one that doesn't exist, ${way}`, async () => {
        const missing = await call({ keys: ["nothing_like_it"] });
        assert.match(missing.error, /^FORBIDDEN:/);
        if (person === "admin") return;
        const hidden = await call({ keys: ["directus_flows"] });
        assert.equal(hidden.error?.replace("directus_flows", "nothing_like_it"), missing.error);
      });
    }
  }
}
