// The built extension in a folder that Directus loads extensions from.
import { cp, mkdir, mkdtemp, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "extension");

/** Gives a new folder of extensions with Palisade in it. Whoever asks removes it. */
export async function extensionsFolder() {
  const built = await stat(path.join(PACKAGE, "dist", "api.js")).catch(() => undefined);
  if (!built) throw new Error(`the extension isn't built: run npm ci && npm run build in ${PACKAGE}`);
  const folder = await mkdtemp(path.join(tmpdir(), "palisade-extensions-"));
  const target = path.join(folder, "directus-extension-palisade");
  await mkdir(target);
  for (const name of ["package.json", "dist"]) await cp(path.join(PACKAGE, name), path.join(target, name), { recursive: true });
  return folder;
}
