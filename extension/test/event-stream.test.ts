import assert from "node:assert/strict";
import { test } from "node:test";

import { WholeEvents } from "../src/proxy/event-stream.ts";

const EVENTS = 'data: {"a":1}\n\ndata: {"b":"ü"}\n\ndata: [DONE]\n\n';

test("however the bytes are cut, whole events come out as they went in", () => {
  const bytes = Buffer.from(EVENTS);
  for (let size = 1; size <= bytes.length; size += 1) {
    const events = new WholeEvents();
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      const passed = events.push(bytes.subarray(at, at + size));
      if (passed.length > 0) assert.equal(passed.subarray(-2).toString(), "\n\n", `pieces of ${size}`);
      out.push(passed);
    }
    out.push(events.rest());
    assert.equal(Buffer.concat(out).toString(), EVENTS);
    assert.equal(events.interruption(), "", "nothing was missing");
  }
});

test("an interruption inside an event ends the stream as if the half were never there", () => {
  const events = new WholeEvents();
  const passed = events.push(Buffer.from('data: {"a":1}\n\ndata: {"type":"text-de')).toString();
  const [first, error, done, ...others] = (passed + events.interruption()).split("\n\n");
  assert.equal(first, 'data: {"a":1}');
  assert.equal(JSON.parse((error ?? "").slice("data: ".length)).type, "error");
  assert.equal(done, "data: [DONE]");
  assert.deepEqual(others, [""]);
});

test("an event too large to be held is closed before the error is said", () => {
  const events = new WholeEvents();
  const half = events.push(Buffer.from(`data: ${"x".repeat(2 * 1024 * 1024)}`));
  assert.ok(half.length > 1024 * 1024, "passed on before its end");
  assert.match(events.interruption(), /^\n\ndata: \{"type":"error"/);
  assert.equal(events.push(Buffer.from("\n")).length, 0);
  assert.equal(events.push(Buffer.from("\ndata: 1")).toString(), "\n\n");
  assert.match(events.interruption(), /^data: \{"type":"error"/);
});
