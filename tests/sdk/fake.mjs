// The fake provider as a child process.
import { Child, eventually, program } from "./process.mjs";

export const FAKE_KEY = "sk-fake-0123456789abcdefghijklmnopqrstuv";

/** The schema of the catalogue's structured output. */
export const OBJECT_SCHEMA = {
  type: "object",
  properties: { title: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
  required: ["title", "tags"],
  additionalProperties: false,
};

/** Starts a fake provider, which stops with this process. */
export async function startFake() {
  const child = new Child(program("fake-provider", "FAKE_PROVIDER_BIN"), ["--until-input-ends"]);
  const [, baseUrl, controlUrl] = await child.says(/^(http\S+)\n(http\S+)\n/);
  const call = async (method, path, body) => {
    const response = await fetch(controlUrl + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text && JSON.parse(text).data;
  };
  return {
    /** For clients of OpenAI's protocols. */
    baseUrl,
    /** For clients of Anthropic and Google. */
    rootUrl: new URL(baseUrl).origin,
    controlUrl,
    /** `host:port` of the provider, for an egress exception. */
    authority: new URL(baseUrl).host,
    /** Gives a model a scenario. */
    script: (model, scenario) => call("POST", "/__script", { model, scenario }),
    /** Requests so far. */
    requests: () => call("GET", "/__requests"),
    /** Forgets the requests so far. */
    forget: () => call("DELETE", "/__requests"),
    /** Uploaded files, with those that were deleted. */
    files: () => call("GET", "/__files"),
    /** Names of the catalogue, as model names. */
    models: async () => (await call("GET", "/__scenarios")).map((name) => `scenario:${name}`),
    /** Waits until the last request ended in one of these ways. */
    ended: (...outcomes) =>
      eventually(
        async () => {
          const last = (await call("GET", "/__requests")).at(-1);
          return last && outcomes.includes(last.outcome) && last;
        },
        {
          what: `a request that ended as ${outcomes}`,
          describe: async () => JSON.stringify(await call("GET", "/__requests"), null, 1),
        },
      ),
    stop: () => child.stop(),
  };
}
