// `palisade keys import-directus`: what is taken over from Directus's own assistant, and what is not.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { program, run } from "../sdk/process.mjs";
import { start, VERSIONS } from "./directus.mjs";
import { USERS } from "./seeds/newsroom.mjs";

const SEED = path.join(import.meta.dirname, "seeds", "newsroom.mjs");
const STORED_KEY = "sk-stored-in-directus-0123456789";
const PASTED_KEY = "sk-pasted-by-the-administrator-9876";

for (const version of VERSIONS) {
  describe(`Settings of Directus ${version}`, () => {
    let directus;
    let folder;
    const binary = program("palisade", "PALISADE_BIN");
    const palisade = (input, ...args) => run(binary, ["--data-dir", folder, ...args], { cwd: folder, input });

    before(async () => {
      directus = await start({ version, seed: SEED });
      await directus.request("PATCH", "/settings", {
        ai_openai_api_key: STORED_KEY,
        ai_openai_allowed_models: ["gpt-5-mini", "gpt-5"],
        ai_system_prompt: "Answer in rhymes.",
        mcp_prompts_collection: "articles",
      });
      folder = await mkdtemp(path.join(tmpdir(), "palisade-import-"));
      await writeFile(
        path.join(folder, "palisade.toml"),
        `[workspace]\nbackend = "directus"\n[directus]\nurl = "${directus.url}"\n[[providers]]\nid = "openai"\nkind = "openai"\n`,
      );
      await palisade("", "keys", "create-master");
    });
    after(async () => {
      await directus?.stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    test("a token that isn't an administrator's changes nothing", async () => {
      await assert.rejects(palisade(`${USERS.editor.token}\n`, "keys", "import-directus"), /not an administrator's/);
      await assert.rejects(palisade("unknown-token\n", "keys", "import-directus"), /Invalid user credentials/);
      assert.equal(await palisade("", "keys", "list"), "");
    });

    test("settings come from Directus, and keys from the administrator", async () => {
      const said = await palisade(`${directus.token}\n${PASTED_KEY}\n`, "keys", "import-directus");
      assert.match(said, /Allowed models of openai: gpt-5-mini, gpt-5\./);
      assert.match(said, /System prompt: 17 characters\./);
      assert.match(said, /Collection of prompts: articles\./);
      assert.match(said, /Sealed the key .* of openai\./);
      assert.ok(!said.includes(PASTED_KEY) && !said.includes("Answer in rhymes"), "nothing is repeated");
      assert.match(await palisade("", "keys", "list"), /^openai\t/);
      const ledger = await palisade("", "ledger", "export");
      assert.match(ledger, /settings imported from Directus/);
      for (const name of ["palisade.db", "palisade.db-wal"]) {
        const content = await readFile(path.join(folder, name), "latin1").catch(() => "");
        assert.ok(!content.includes(PASTED_KEY) && !content.includes(STORED_KEY), `${name} holds no key`);
      }
    });

    test("what is taken over is in force, and an empty line skips a key", async () => {
      const said = await palisade(`${directus.token}\n\n`, "keys", "import-directus");
      assert.match(said, /There are no settings to take over|Allowed models/);
      assert.match(said, /Skipped the key of openai\./);
      assert.match(await palisade("", "keys", "list"), /^openai\t/, "the key that was there stays");
    });
  });
}
