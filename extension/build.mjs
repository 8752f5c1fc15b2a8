// Builds what Directus loads into dist/; with --tests, the unit tests.
import { readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

import { vue } from "./build-vue.mjs";

const common = { bundle: true, format: "esm", logLevel: "warning", legalComments: "none", target: "es2022" };

if (process.argv.includes("--tests")) {
  await rm(".test-build", { recursive: true, force: true });
  const tests = (await readdir("test")).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: ".test-build",
    outExtension: { ".js": ".mjs" },
    platform: "node",
    sourcemap: "inline",
  });
} else {
  await rm("dist", { recursive: true, force: true });
  await build({ ...common, entryPoints: { api: "src/api.ts" }, outdir: "dist", platform: "node" });
  await build({
    ...common,
    entryPoints: { app: "src/app.ts" },
    outdir: "dist",
    platform: "browser",
    minify: true,
    // Directus's app shares these with its extensions.
    external: ["vue", "@directus/extensions-sdk"],
    plugins: [vue()],
  });
}
