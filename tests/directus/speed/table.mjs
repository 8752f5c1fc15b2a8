// The measurements as a table in Markdown, and the targets beside them.
import { cpus, loadavg, release, totalmem } from "node:os";

/** Where it was measured. */
export function machine() {
  const [{ model }] = cpus();
  return {
    date: new Date().toISOString(),
    processors: cpus().length,
    processor: model,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load: loadavg()[0],
  };
}

const number = (value, digits) => (value === undefined ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
/** Three digits are as many as mean something. */
const short = (value) => number(value, value === undefined || value >= 100 ? 0 : value >= 10 ? 1 : 2);
const whole = (value) => number(value, 0);

export function table(rows, clients) {
  const head = [
    "turn", "CPU ms: Palisade", "Directus", "in all", "in all, one at a time",
    ...clients.map((count) => `turns/s, ${count} clients`),
    "first text ms", "whole turn ms", "memory MB idle: Palisade", "Directus", "most: Palisade", "Directus",
  ];
  const lines = rows.map((row) => [
    row.what,
    ...(row.cpu ? [short(row.cpu.host), short(row.cpu.directus), short(row.cpu.all), short(row.alone.cpu)] : Array(4).fill("")),
    ...row.loads.map(({ turns, seconds, failed }) => `${short(turns / seconds)}${failed ? ` (${failed} failed)` : ""}`),
    short(row.alone.first), short(row.alone.total),
    ...(row.memory ? [row.memory.host.idle, row.memory.directus.idle, row.memory.host.peak, row.memory.directus.peak].map(memory) : Array(4).fill("")),
  ]);
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index ? "---:" : "---"))), ...lines.map(line)].join("\n");
}

const memory = (value) => (value ? whole(value) : "");

/** Each case with a target: how many times less processor time it takes, under load and without. */
export function targets(rows) {
  const found = [];
  for (const { name, what, than, least, cpu, alone } of rows) {
    const other = rows.find((row) => row.name === than);
    if (!least || !other) continue;
    const times = other.cpu.all / cpu.all;
    found.push({ name, what, least, times, timesAlone: other.alone.cpu / alone.cpu, met: times >= least });
  }
  return found;
}

export function targetTable(found, clients) {
  const lines = found.map(({ what, least, times, timesAlone, met }) =>
    `| ${what} | ${number(times, 1)} | ${number(timesAlone, 1)} | ≥ ${least} | ${met ? "met" : "**missed**"} |`);
  return [
    `| times less processor time than Directus's own assistant | ${clients} at a time | one at a time | target | |`,
    "|---|---:|---:|---:|---|",
    ...lines,
  ].join("\n");
}
