// What the browser has to load for the chat.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUILT = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "extension", "dist-ui");
const MOST_BYTES = 200 * 1024;

test("the chat is at most 200 KB gzipped, and has nothing inline", async (context) => {
  const page = await readFile(path.join(BUILT, "index.html"), "utf8");
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?:/i);
  const loaded = new Set([...page.matchAll(/(?:src|href)="\.\/(static\/[^"]+\.(?:js|css))"/g)].map(([, name]) => name));
  // What these load at once.
  for (const name of loaded) {
    const text = await readFile(path.join(BUILT, name), "utf8");
    for (const [, other] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) loaded.add(`static/${other}`);
  }
  let bytes = gzipSync(page).length;
  for (const name of loaded) bytes += gzipSync(await readFile(path.join(BUILT, name))).length;
  context.diagnostic(`${Math.round(bytes / 1024)} KB in ${loaded.size} files of ${(await readdir(path.join(BUILT, "static"))).length}`);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});
