// Every tool and action, with real Directus servers: the caller gets through Palisade what Directus
// itself gives the caller.
import { after, afterEach, before, describe, test } from "node:test";

import fileCases from "./support/cases/files.mjs";
import itemCases from "./support/cases/items.mjs";
import structureCases from "./support/cases/structure.mjs";
import { compare } from "./support/compare.mjs";
import approvals from "./support/suites/approvals.mjs";
import callers from "./support/suites/callers.mjs";
import media from "./support/suites/media.mjs";
import schema from "./support/suites/schema.mjs";
import { startWorld, TOKENS, VERSIONS } from "./support/world.mjs";

const EVERYBODY = ["admin", "editor", "reader"];

for (const version of VERSIONS) {
  describe(`Directus ${version}`, () => {
    let all;
    before(async () => (all = await startWorld(version)), { timeout: 300_000 });
    after(() => all?.stop());
    afterEach((context) => {
      if (context.error) console.error(all?.host.logs().slice(-3000), all?.directus.log().slice(-3000));
    });

    describe("who may ask, and for what", () => callers(() => all));
    describe("approvals", () => approvals(() => all));
    describe("assets and imports", () => media(() => all));
    describe("schema", () => schema(() => all));

    const cases = [...itemCases, ...fileCases].flatMap((one) => EVERYBODY.map((person) => ({ person, one })));
    for (const { person, one } of [...cases, ...structureCases.map((one) => ({ person: "admin", one }))]) {
      test(`${person}, ${one.tool}: ${one.name}`, { timeout: 60_000 }, async () => {
        const token = TOKENS[person];
        await compare(one, { turns: all.turns(token), directus: all.directus, token, world: all.world });
      });
    }

    for (const one of itemCases.filter(({ writes }) => writes)) {
      test(`editor in the registry, ${one.tool}: ${one.name}`, { timeout: 60_000 }, async () => {
        const token = TOKENS.editor;
        await compare(one, { turns: all.turns(token), directus: all.directus, token, registry: true, world: all.world });
      });
    }
  });
}
