// An esbuild plugin for Vue's single-file components with `<script setup lang="ts">`.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { compileScript, compileStyle, parse } from "vue/compiler-sfc";

/** Puts a component's styles into the page. */
const STYLE = (css) => `
const style = document.createElement("style");
style.textContent = ${JSON.stringify(css)};
document.head.append(style);
`;

export function vue() {
  return {
    name: "vue",
    setup(build) {
      build.onLoad({ filter: /\.vue$/ }, async ({ path: file }) => {
        const { descriptor, errors } = parse(await readFile(file, "utf8"), { filename: file });
        if (errors.length > 0) return failed(errors, file);
        const id = createHash("sha256").update(path.basename(file)).digest("hex").slice(0, 8);
        const scope = `data-v-${id}`;
        const { content } = compileScript(descriptor, {
          id,
          inlineTemplate: true,
          genDefaultAs: "component",
          templateOptions: { scoped: true, id: scope },
        });
        const styles = descriptor.styles.map(({ content: source, scoped }) =>
          compileStyle({ source, filename: file, id: scope, scoped: scoped ?? false }),
        );
        const wrong = styles.flatMap((style) => style.errors);
        if (wrong.length > 0) return failed(wrong, file);
        const css = styles.map(({ code }) => code).join("\n");
        const contents = [
          content,
          `component.__scopeId = ${JSON.stringify(scope)};`,
          css && STYLE(css),
          "export default component;",
        ].join("\n");
        return { contents, loader: "ts", resolveDir: path.dirname(file) };
      });
    },
  };
}

function failed(errors, file) {
  return { errors: errors.map((error) => ({ text: error.message, location: { file } })) };
}
