// A child that can't outlive this process, however this process ends.
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** Time for running turns to end before the host is killed. */
const GRACE_SECONDS = 10;

/**
 * Runs a program and ends it when standard input ends. The kernel closes that pipe when this process
 * is gone, also after SIGKILL, when nothing of it could run any more; so there is one way to stop the
 * child, and no signal handler.
 */
const SCRIPT = `
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
(
  exec >/dev/null 2>&1
  while read -r ignored; do :; done
  kill -TERM "$program"
  waited=0
  while kill -0 "$program" && [ "$waited" -lt ${GRACE_SECONDS} ]; do
    sleep 1
    waited=$((waited + 1))
  done
  kill -KILL "$program"
) <&3 &
watch=$!
exec 3<&- </dev/null
wait "$program"
code=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit "$code"
`;

export type Guarded = ChildProcessByStdio<Writable, Readable, Readable>;

export function spawnGuarded(program: string, args: string[], env: Record<string, string>): Guarded {
  const child = spawn("/bin/sh", ["-c", SCRIPT, "palisade-guard", program, ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C in a terminal reaches every process of the group; the host is stopped by Directus alone.
    detached: true,
  });
  // The pipe may be closed already.
  child.stdin.on("error", () => {});
  return child;
}
