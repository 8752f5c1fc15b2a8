// Turns, one after another and many at a time, each checked to its end.
import http from "node:http";

/** Nothing here takes longer, also on a busy machine with 64 clients. */
const TURN_WITHIN_MS = 60_000;

/** What has to be in an answer, and how often. */
export const UI_STREAM = {
  delta: '"type":"text-delta"',
  tokens: tokensOfDeltas,
  toolOutput: '"type":"tool-output-available"',
  failures: ['"type":"error"', '"type":"tool-output-error"', '"output":{"error"'],
  end: "data: [DONE]\n\n",
};
export const RESPONSES_STREAM = {
  delta: '"type":"response.output_text.delta"',
  tokens: (body) => count(body, RESPONSES_STREAM.delta),
  toolOutput: '"type":"tool-output-available"',
  failures: ['"type":"error"', '"type":"response.failed"'],
  end: "\n\n",
};

/**
 * A client of one address that keeps its connections.
 *
 * `request` is `{url, headers, body}`, `expected` is `{stream, tokens, toolOutputs}`.
 */
export class Client {
  #agent;
  #options;
  #body;
  #expected;

  constructor({ url, headers, body }, expected, connections) {
    const { hostname, port, pathname, search } = new URL(url);
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
    this.#body = Buffer.from(JSON.stringify(body));
    this.#options = {
      hostname,
      port,
      path: pathname + search,
      method: "POST",
      agent: this.#agent,
      headers: { "content-type": "application/json", "content-length": this.#body.length, ...headers },
    };
    this.#expected = expected;
  }

  /** One turn: milliseconds to the first text and to the end. Fails unless all of it came. */
  turn() {
    return new Promise((resolve, reject) => {
      const started = performance.now();
      let first;
      const chunks = [];
      const request = http.request(this.#options, (response) => {
        response.on("data", (chunk) => {
          chunks.push(chunk);
          if (first === undefined && chunk.includes(this.#expected.stream.delta)) first = performance.now() - started;
        });
        response.once("error", fail);
        response.once("end", () => {
          const total = performance.now() - started;
          const wrong = faults(response.statusCode, Buffer.concat(chunks), this.#expected);
          if (wrong) return fail(new Error(wrong));
          clearTimeout(late);
          resolve({ first, total });
        });
      });
      const late = setTimeout(() => request.destroy(new Error(`no end after ${TURN_WITHIN_MS} ms`)), TURN_WITHIN_MS);
      function fail(error) {
        clearTimeout(late);
        reject(error);
      }
      request.once("error", fail);
      request.end(this.#body);
    });
  }

  close() {
    this.#agent.destroy();
  }
}

/** What is wrong with an answer, or nothing. */
function faults(status, body, { stream, tokens, toolOutputs }) {
  const counted = [stream.tokens(body), count(body, stream.toolOutput)];
  const failed = stream.failures.map((failure) => lineWith(body, failure)).find((line) => line !== "");
  const ended = body.subarray(-stream.end.length).toString() === stream.end;
  if (status === 200 && counted[0] === tokens && counted[1] === toolOutputs && !failed && ended) return undefined;
  const said = `status ${status}, ${counted[0]} of ${tokens} tokens, ${counted[1]} of ${toolOutputs} tool results`;
  return `${said}, ${failed ?? "no failure said"}, ${ended ? "ended" : `broken off after ${body.subarray(-300)}`}`;
}

/** Tokens of the fake's text (`t0 t1 …`) in a UI stream, whose deltas have one or several each. */
function tokensOfDeltas(body) {
  const lines = body.toString().split("\n").filter((line) => line.includes(UI_STREAM.delta));
  const text = lines.map((line) => JSON.parse(line.slice("data: ".length)).delta).join("");
  return text.match(/t\d+ /g)?.length ?? 0;
}

/** The line that some text stands in, as far as it is readable. */
function lineWith(body, text) {
  const at = body.indexOf(text);
  if (at < 0) return "";
  const end = body.indexOf("\n", at);
  return body.subarray(body.lastIndexOf("\n", at) + 1, end < 0 ? body.length : end).toString().slice(0, 500);
}

function count(body, text) {
  let found = 0;
  for (let at = body.indexOf(text); at >= 0; at = body.indexOf(text, at + text.length)) found += 1;
  return found;
}

/** `turns` turns, one after another: medians in milliseconds. */
export async function sequential(request, expected, turns) {
  const client = new Client(request, expected, 1);
  const all = [];
  try {
    for (let turn = 0; turn < turns; turn += 1) all.push(await client.turn());
  } finally {
    client.close();
  }
  return { turns, first: median(all.map(({ first }) => first)), total: median(all.map(({ total }) => total)) };
}

/**
 * So many clients, each of which begins its next turn when its last one is over, for so many seconds.
 * A turn that has begun is waited for and counts: what it cost is in the processor time.
 */
export async function closedLoop(request, expected, { clients, seconds, turns = Infinity }) {
  const client = new Client(request, expected, clients);
  const result = { clients, turns: 0, failed: 0, failure: undefined };
  const totals = [];
  const started = performance.now();
  let begun = 0;
  const one = async () => {
    while (performance.now() - started < seconds * 1000 && begun < turns) {
      begun += 1;
      try {
        totals.push((await client.turn()).total);
        result.turns += 1;
      } catch (error) {
        result.failed += 1;
        result.failure ??= error.message;
        // A server that refuses at once isn't hammered.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  client.close();
  return { ...result, seconds: (performance.now() - started) / 1000, total: median(totals) };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
