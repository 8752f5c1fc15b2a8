// Directus that is away, slow, overloaded, or whose answers get lost: streams end properly, a read is
// sent twice at most, and a write never.
import { after, afterEach, before, describe } from "node:test";

import answers from "./support/suites/answers.mjs";
import outage from "./support/suites/outage.mjs";
import revocation from "./support/suites/revocation.mjs";
import { startFailing, VERSIONS } from "./support/world.mjs";

for (const version of VERSIONS) {
  describe(`Directus ${version}`, () => {
    let all;
    before(async () => (all = await startFailing(version)), { timeout: 300_000 });
    after(() => all?.stop());
    afterEach((context) => {
      if (context.error) console.error(all?.host.logs().slice(-3000), all?.directus.log().slice(-3000));
    });

    describe("answers", () => answers(() => all));
    describe("rights", () => revocation(() => all));
    describe("outages", () => outage(() => all));
  });
}
