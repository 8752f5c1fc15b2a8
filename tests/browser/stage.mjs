// Everything that a test of the page needs: the fake provider, a host, the page, a browser.
import { startFake } from "../sdk/fake.mjs";
import { startPalisade } from "../sdk/harness.mjs";
import { startBrowser } from "./browser.mjs";

export { PEOPLE } from "../sdk/harness.mjs";
/** The model that tests give scenarios to. */
export const MODEL = "scripted";

export const says = (text, more = {}) => ({ answer: "message", text, ...more });
export const calls = (...tool_calls) => ({ answer: "message", tool_calls });
export const items = (input) => ({ name: "items", arguments: { collection: "articles", ...input } });

export async function startStage({ workspace = {}, kind } = {}) {
  const stops = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const fake = await startFake();
    stops.push(() => fake.stop());
    const host = await startPalisade({ fake, models: [MODEL, "other"], catalogue: false, workspace, kind });
    stops.push(() => host.stop());
    const page = await fetch(host.url).then((response) => response.text());
    if (!page.includes('id="app"')) throw new Error("the host was built without the page: run `make ui`, then build it again");
    const browser = await startBrowser();
    stops.push(() => browser.close());
    return { fake, host, url: host.url, browser, stop, script: (...steps) => fake.script(MODEL, { steps }) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How far users may set a tool to "always", as the administrator decides. */
export async function setCeiling(host, token, tool, mode) {
  const response = await fetch(`${host.url}/ai/admin/tools/${tool}`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ default: mode }),
  });
  if (!response.ok) throw new Error(`the ceiling of ${tool}: ${response.status} ${await response.text()}`);
}
