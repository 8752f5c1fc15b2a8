// What keeps people with disabilities out, and pages that are wider than the screen.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { ROOTS } from "./stage.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2, levels A and AA, and what is good practice beyond it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const PHONE = { width: 390, height: 844 };

/** What keeps people out of what is ours on an open page, one line for each rule. */
export async function violations({ page }) {
  const found = await page.evaluate(`${AXE}; axe.run(${JSON.stringify(ROOTS)}, { runOnly: ${JSON.stringify(RULES)} })`);
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`);
}

/** Finds nothing on an open page, in both themes. */
export async function assertAccessible(opened, name) {
  const { page } = opened;
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    // Colours that are still changing have no contrast to judge.
    await page.waitForTimeout(200);
    await opened.screenshot(`${name}-${theme}`);
    assert.deepEqual(await violations(opened), [], `${name} in ${theme}`);
  }
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(tooWide <= 0, `${name} is ${tooWide} px too wide`);
}
