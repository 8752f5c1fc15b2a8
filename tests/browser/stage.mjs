// Everything that a test of the screens needs: the fake provider, a host, a browser. The screens are the
// host's page, or with TEST_SHELL=module those in Data Studio; what a test does there is the same.
import { startFake } from "../sdk/fake.mjs";
import { setCeiling } from "../sdk/harness.mjs";
import { openPage, startBrowser } from "./browser.mjs";

const SHELL = process.env.TEST_SHELL ?? "page";
const shell = await import(`./shells/${SHELL}.mjs`);

export const { PEOPLE, ROOTS } = shell;
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
    const host = await shell.start({ fake, models: [MODEL, "other"], workspace, kind });
    stops.push(() => host.stop());
    const browser = await startBrowser();
    stops.push(() => browser.close());
    return {
      fake,
      host,
      browser,
      stop,
      /** The address of a screen: `admin/ledger`. */
      address: (screen = "") => `${host.page}#/${screen}`,
      /** Opens the screens as a person. */
      open: (person, options) => openPage(browser, { ...shell, host }, person, options),
      script: (...steps) => fake.script(MODEL, { steps }),
      /** How far users may set a tool to "always", as the administrator decides. */
      setCeiling: (tool, mode) => setCeiling(host.assistant, PEOPLE.admin.token, tool, mode),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
