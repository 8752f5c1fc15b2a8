import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { type Guarded, spawnGuarded } from "../src/supervisor/guard.ts";

const environment = { PATH: process.env["PATH"] ?? "" };
const shell = (script: string): Guarded => spawnGuarded("/bin/sh", ["-c", script], environment);

async function pidOf(child: Guarded): Promise<number> {
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return Number(line.toString());
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isThere(pid) && Date.now() < deadline) await pause(50);
  return !isThere(pid);
}

test("the program's end is the guard's end", async () => {
  const [code] = (await once(shell("exit 7"), "exit")) as [number];
  assert.equal(code, 7);
  const [killed] = (await once(shell("kill -KILL $$"), "exit")) as [number];
  assert.equal(killed, 128 + 9);
});

test("the program is told to stop when its input ends, and has time to", async () => {
  const child = shell('trap "sleep 1; exit 5" TERM; echo $$; while :; do sleep 0.1; done');
  const pid = await pidOf(child);
  child.stdin.end();
  const [code] = (await once(child, "exit")) as [number];
  assert.equal(code, 5);
  assert.ok(await goneWithin(pid, 1_000));
});

test("a program that doesn't stop is killed after ten seconds", async () => {
  const child = shell('trap "" TERM; echo $$; while :; do sleep 0.1; done');
  const pid = await pidOf(child);
  child.stdin.end();
  await pause(5_000);
  assert.ok(isThere(pid), "it had less time than it should");
  assert.ok(await goneWithin(pid, 10_000), "it is still there");
});

test("a guard that is killed leaves a program that still ends with its input", async () => {
  const child = shell("echo $$; while :; do sleep 0.1; done");
  const pid = await pidOf(child);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(isThere(pid));
  child.stdin.end();
  assert.ok(await goneWithin(pid, 2_000));
});
