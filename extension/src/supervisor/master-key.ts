// The first start on a data folder makes the key that everything there is sealed with.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Logger } from "../directus.ts";

const WITHIN_MS = 30_000;

/**
 * Creates the master key where nothing was ever sealed in the folder. Where its database is there but
 * its key is not, the key was lost or isn't mounted: a new one would hide that, so the host says so.
 */
export async function ensureMasterKey(
  binary: string,
  dataDir: string,
  environment: Record<string, string>,
  logger: Logger,
): Promise<void> {
  const file = join(dataDir, "master.key");
  const given = environment["PALISADE_MASTER_KEY"] ?? environment["PALISADE_MASTER_KEY_FILE"] ?? environment["PALISADE_DATABASE_URL"];
  if (given !== undefined || existsSync(file) || existsSync(join(dataDir, "palisade.db"))) return;
  const options = { env: environment, timeout: WITHIN_MS };
  const { stdout } = await promisify(execFile)(binary, ["--data-dir", dataDir, "keys", "create-master"], options);
  logger.warn(
    `palisade: ${stdout.trim().replaceAll("\n", " ")} ` +
      "BACK UP THIS FILE: without it, all keys of providers that are set from now on are lost.",
  );
}
