// What is built: the page that the host serves (`page`), what Directus loads (`api`, `app`), and the
// unit tests (`tests`).
import { readdirSync } from "node:fs";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin, type UserConfig } from "vite";

export default defineConfig(({ mode }): UserConfig => {
  const build = BUILDS[mode];
  if (build === undefined) throw new Error(`--mode is one of ${Object.keys(BUILDS).join(", ")}`);
  return build();
});

const BUILDS: Record<string, () => UserConfig> = {
  page: () => ({
    root: "ui",
    // Relative, so that the page works wherever a proxy puts it.
    base: "./",
    plugins: [vue()],
    build: {
      outDir: "../dist-ui",
      // Directus has files of the project under /assets.
      assetsDir: "static",
      emptyOutDir: true,
      target: "es2022",
      // The page's policy allows no data in place of a file, and no inline script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: true,
    },
  }),
  app: () => ({
    plugins: [vue(), stylesInScript()],
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    build: {
      outDir: "dist",
      emptyOutDir: false,
      target: "es2022",
      lib: { entry: "src/app.ts", formats: ["es"], fileName: () => "app.js" },
      // Directus's app shares these with its extensions.
      rolldownOptions: {
        external: ["vue", "@directus/extensions-sdk"],
        // Directus loads one file of an extension.
        output: { codeSplitting: false },
      },
    },
  }),
  api: () => ({
    build: {
      outDir: "dist",
      emptyOutDir: true,
      target: "node20",
      ssr: "src/api.ts",
      rollupOptions: { output: { entryFileNames: "api.js" } },
    },
  }),
  tests: () => ({
    plugins: [vue()],
    build: {
      outDir: ".test-build",
      emptyOutDir: true,
      target: "node20",
      ssr: true,
      sourcemap: "inline",
      rollupOptions: { input: tests(), output: { entryFileNames: "[name].mjs" } },
    },
  }),
};

function tests(): Record<string, string> {
  const files = (readdirSync("test", { recursive: true }) as string[]).filter((name) => name.endsWith(".test.ts"));
  return Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, "").replaceAll("/", "-"), `test/${file}`]));
}

/** Puts the styles into the script: Directus loads one file of an extension, and no stylesheet. */
function stylesInScript(): Plugin {
  return {
    name: "styles-in-script",
    enforce: "post",
    generateBundle(_, bundle) {
      let css = "";
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type !== "asset" || !name.endsWith(".css")) continue;
        css += typeof file.source === "string" ? file.source : new TextDecoder().decode(file.source);
        delete bundle[name];
      }
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
      if (entry?.type !== "chunk" || css === "") return;
      entry.code = `(() => { const style = document.createElement("style"); style.textContent = ${JSON.stringify(css)}; document.head.append(style); })();\n${entry.code}`;
    },
  };
}
