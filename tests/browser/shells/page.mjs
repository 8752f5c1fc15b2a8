// The page that the host serves, with the sample project that is in the host.
import { PEOPLE, startPalisade } from "../../sdk/harness.mjs";

export { PEOPLE };
/** What of the document is ours: all of it. */
export const ROOTS = ["html"];

export async function start(options) {
  const host = await startPalisade({ ...options, catalogue: false });
  const page = await fetch(host.url).then((response) => response.text());
  if (page.includes('id="app"')) return { ...host, page: `${host.url}/`, assistant: host.url };
  await host.stop();
  throw new Error("the host was built without the page: run `make ui`, then build it again");
}

/** Asking who is there before signing in is answered with a refusal. */
export const isExpected = (complaint) => /status of 40[013]/.test(complaint) && /\/(users|auth|policies|ai\/chat)\b/.test(complaint);

/** Opens the page, and signs in as a person does. */
export async function enter(page, host, person) {
  await page.goto(host.page);
  if (!person) return;
  await page.locator("input[type=email]").fill(person.email);
  await page.locator("input[type=password]").fill(person.password);
  await page.keyboard.press("Enter");
  await page.locator("form[data-model]").waitFor();
}
