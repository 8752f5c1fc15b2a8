// Compresses the built page ahead of time, so that the host has only to send it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FOLDER = "dist-ui";
const COMPRESSIBLE = /\.(css|html|js|json|svg)$/;
/** Files so small are sent as they are. */
const BYTES_AT_LEAST = 1024;

for (const name of await readdir(FOLDER, { recursive: true })) {
  if (!COMPRESSIBLE.test(name)) continue;
  const file = path.join(FOLDER, name);
  const content = await readFile(file);
  if (content.length < BYTES_AT_LEAST) continue;
  await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
  await writeFile(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }));
}
// The folder is in git without its content: Cargo watches it.
await writeFile(path.join(FOLDER, ".gitignore"), "*\n!.gitignore\n");
