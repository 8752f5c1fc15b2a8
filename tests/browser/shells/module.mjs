// The module in Data Studio, in a real Directus that runs the host.
import { ADMIN, VERSIONS } from "../../directus/directus.mjs";
import { startAll } from "../../directus/palisade.mjs";
import { USERS } from "../../directus/seeds/newsroom.mjs";

export const PEOPLE = { admin: ADMIN, ...USERS };
const QUESTIONS = [
  ["Have a license key?", "Skip"],
  ["You have not set a project owner.", "Remind Later"],
];
const LANGUAGES = { en: "en-US", de: "de-DE" };
/** What of the document is ours: the module, and its list of conversations in the bar of Data Studio. */
export const ROOTS = [".palisade"];
/** The newest Directus that is supported, where no other is named. */
const VERSION = process.env.TEST_DIRECTUS_VERSION ?? VERSIONS[0];

export async function start({ fake, models, workspace, kind = "openai-compatible" }) {
  const { directus, command, stop } = await startAll({ version: VERSION, fake, workspace, provider: { id: "fake", kind, models } });
  const assistant = `${directus.url}/palisade`;
  const get = (path, token) => directus.request("GET", path.startsWith("/ai/") ? `/palisade${path}` : path, undefined, token);
  return {
    url: directus.url,
    page: `${directus.url}/admin/palisade`,
    assistant,
    request: directus.request,
    get,
    item: (collection, key) => get(`/items/${collection}/${key}`),
    ledger: async () => (await command("ledger", "export", "--format", "jsonl")).split("\n").filter(Boolean).map((line) => JSON.parse(line)),
    command: (args) => command(...args),
    logs: directus.log,
    stop,
  };
}

/** Directus has no icon of its own at that address. */
export const isExpected = (complaint) => /status of 404 .*\/favicon\.ico/.test(complaint);

/** Signs in as Data Studio's own page for it does, and opens the module. */
export async function enter(page, host, person, { language }) {
  const data = { email: person.email, password: person.password, mode: "session" };
  const answer = await page.context().request.post(`${host.url}/auth/login`, { data });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
  // Its language is the project's, whatever the browser's is.
  await host.request("PATCH", "/settings", { default_language: LANGUAGES[language] });
  // On a telephone Data Studio opens with its own bars over everything, until they were closed once.
  await page.addInitScript(() => {
    if (innerWidth > 600) return;
    for (const bar of ["nav-bar-collapsed", "sidebar-collapsed"]) localStorage.setItem(bar, "true");
  });
  // Data Studio asks administrators for a licence or an owner, in a window over everything.
  for (const [question, later] of QUESTIONS) {
    await page.addLocatorHandler(page.getByText(question), () => page.getByRole("button", { name: later, exact: true }).click());
  }
  await page.goto(host.page);
  await page.locator("form[data-model]").waitFor();
}
