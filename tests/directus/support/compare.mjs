// One operation twice, through a tool and through Directus's own API with the same token: what comes
// back, and what is there afterwards, has to be the same.
import assert from "node:assert/strict";

/** A parameter as it stands in an address. */
function parameter(value) {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Directus's own answer: `{data}` or `{code}`. `query` goes into the address. */
export async function ask(url, token, [method, at, body, query = {}]) {
  const address = new URL(url + at);
  for (const [name, value] of Object.entries(query)) {
    address.searchParams.set(name, parameter(value));
  }
  const form = body instanceof FormData;
  const response = await fetch(address, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && !form && { "content-type": "application/json" }),
    },
    body: body === undefined || form ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) return { status: response.status, code: JSON.parse(text).errors[0].extensions.code };
  return { status: response.status, data: text ? JSON.parse(text).data : null };
}

let marks = 0;

/** A name that nothing else has, so that what two sides made can be told apart and made equal again. */
export const nextMark = () => `qz${(marks += 1).toString().padStart(4, "0")}zq`;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

/** What two sides of a write have in common: own names, keys and the time of writing are left out. */
export function alike(value, mark, key = "") {
  if (Array.isArray(value)) return value.map((one) => alike(one, mark, key));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, alike(one, mark, name)]));
  }
  if (typeof value === "string") {
    if (/_(on|at)$|^date_/.test(key) && TIME.test(value)) return "a time";
    return value.replaceAll(mark, "mark").replace(UUID, "a key");
  }
  return key === "id" && typeof value === "number" ? "a key" : value;
}

const list = (data) => (data === null ? [] : Array.isArray(data) ? data : [data]);

/**
 * Runs a case for a person and compares.
 *
 * A case has `tool` and `name`; `input(t)`, the tool's arguments; `rest(t)`, the same for [`ask`];
 * `writes`, whether it has to ask first. Of writes also: `prepare(t)`, what an administrator makes
 * first, which is then `t.made`; `after(t)`, a path that shows what was written; `cleanup(t)`.
 * `shape(data, t)` takes from both results what is comparable.
 */
export async function compare(one, { turns, directus, token, registry = false, world }) {
  const request = (...operation) => directus.request(...operation);
  const side = async (act) => {
    const t = { mark: nextMark(), version: directus.version, request, world };
    t.made = await one.prepare?.(t);
    try {
      const result = await act(t);
      const after = one.after && (await ask(directus.url, directus.token, ["GET", one.after(t, result)]));
      return { t, result, after };
    } finally {
      await one.cleanup?.(t);
    }
  };
  const shape = (data, t) => {
    const rows = one.shape ? one.shape(data, t) : list(data);
    return one.writes ? alike(rows, t.mark) : rows;
  };
  const own = await side((t) => turns.call(one.tool, one.input(t), { registry, ...one.options }));
  const theirs = await side((t) => ask(directus.url, token, one.rest(t)));

  const { result } = own;
  const expected = theirs.result;
  const told = `tool: ${JSON.stringify({ data: result.data, error: result.error, refused: result.refused })}\nDirectus: ${JSON.stringify(expected)}`;
  assert.equal(result.refused, undefined, told);
  assert.equal(result.asked, one.writes === true, `whether it asks first\n${told}`);
  if (expected.code) {
    assert.equal(result.error?.split(":")[0], expected.code, told);
    assert.equal(result.told, result.error, "the model and the screen are told the same");
  } else {
    assert.equal(result.error, undefined, told);
    // A deletion answers nothing in Directus; the tool names what is gone.
    const deleted = one.deletes && one.deletes(own.t);
    assert.deepEqual(deleted ? list(result.data) : shape(result.data, own.t), deleted ?? shape(expected.data, theirs.t), told);
  }
  if (one.after) {
    assert.equal(own.after.code, theirs.after.code, "whether it is there afterwards");
    assert.deepEqual(alike(own.after.data, own.t.mark), alike(theirs.after.data, theirs.t.mark), "what is there afterwards");
  }
  return { code: expected.code, url: result.url };
}
