// What the kernel says about processes: their processor time and memory.
import { readFile, readdir, writeFile } from "node:fs/promises";

/** The kernel counts in hundredths of a second towards programs, whatever it does itself. */
const MS_PER_TICK = 10;

/** Milliseconds of processor time, user and system, that these processes have used so far. */
export async function processorMs(pids) {
  const all = await Promise.all(pids.map((pid) => stat(pid)));
  return all.reduce((sum, { ticks }) => sum + ticks * MS_PER_TICK, 0);
}

/** Megabytes of resident memory: now, and at most since it was asked to forget the peak. */
export async function memory(pids) {
  const sum = { now: 0, peak: 0 };
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    sum.now += kilobytes(status, "VmRSS") / 1024;
    sum.peak += kilobytes(status, "VmHWM") / 1024;
  }
  return sum;
}

/** Lets the peak begin anew, so that it is that of turns and not that of the start. */
export async function forgetPeak(pids) {
  for (const pid of pids) await writeFile(`/proc/${pid}/clear_refs`, "5");
}

/** A process's descendants, those of them too. */
export async function descendants(root) {
  const parents = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // Processes end while one looks.
    const found = await stat(name).catch(() => undefined);
    if (found) parents.set(Number(name), found.parent);
  }
  const found = [root];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.push(child);
  }
  return found.slice(1);
}

async function stat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name stands in brackets and may hold anything; the numbers begin behind it, with field 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number) => Number(fields[number - 3]);
  return { parent: field(4), ticks: field(14) + field(15) };
}

function kilobytes(status, name) {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status);
  if (!found) throw new Error(`the kernel doesn't say ${name}`);
  return Number(found[1]);
}
