#!/usr/bin/env node
// What a turn costs Directus's own assistant, and what it costs with Palisade, side by side.
import { parseArgs } from "node:util";

import { FAKE_KEY, startFake } from "../sdk/fake.mjs";
import { within } from "../sdk/process.mjs";
import { VERSIONS } from "./directus.mjs";
import { bareTurn, CASES, MODELS, SCENARIOS, TOKENS, turnOf } from "./speed/cases.mjs";
import { closedLoop, sequential } from "./speed/load.mjs";
import { forgetPeak, memory, processorMs } from "./speed/processes.mjs";
import { Started, startServers } from "./speed/servers.mjs";
import { machine, table, targets, targetTable } from "./speed/table.mjs";

const HELP = `usage: node speed.mjs [--binaries DIR] [--seconds N] [--clients N,N] [--turns N]
                     [--only NAME,NAME] [--version ${VERSIONS.join("|")}] [--json]

Measures the same two turns in Directus's own assistant and in Palisade, one case after another on
this machine, with the same provider: a text of ${TOKENS} tokens, and that text after one read of items.
It prints a table in Markdown and then, for each target, how often it was reached.

A Directus is installed where it isn't yet (some minutes, once). Each case has a Directus of its own,
freshly started on loopback; everything that was started is stopped at the end. The whole takes about
7 minutes. Before it:

  cargo build --release -p palisade -p palisade-tests
  (cd extension && npm ci && npm run build)
  node tests/directus/speed.mjs --binaries target/release

  --binaries DIR   folder of palisade and fake-provider; target/debug if left out, which is slow
  --seconds N      how long each number of clients asks (10)
  --clients N,N    how many clients ask at a time (16,64); processor time is that of the first number
  --turns N        turns one after another, for the medians (50)
  --only NAMES     only these cases; a target needs its directus case, too:
                   ${CASES.map(({ name }) => name).join(", ").replace(/(.{1,70})(?:, |$)/g, (_, line) => `${line},\n                   `).trim().replace(/,$/, "")}
  --version V      the Directus (${VERSIONS[0]})
  --json           everything that was measured, as JSON
  --help           this

How to read it
  CPU ms       user and system time per turn, as the kernel counts it for the server's processes. It
               says what a turn costs, and hardly depends on what else the machine does.
  turns/s      closed loop: a client asks again when its turn is over. Provider, clients and servers
               share the processors, so on a busy machine it is less.
  memory       resident, after the start and at most during the turns.
  A turn counts only with status 200, all ${TOKENS} pieces of text, the tool's result where there is one,
  no error, and the end of the stream. The exit status is 1 where a turn or a case failed. A
  missed target is a measurement and no failure.
`;

const WARM_UP = { clients: 4, turns: 60, seconds: 30 };
/** The longest that one case may take. */
const CASE_WITHIN_SECONDS = 600;

async function main() {
  const options = readOptions();
  if (!options) return;
  if (options.binaries) process.env.TEST_BINARIES = options.binaries;
  const started = new Started();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await started.stop();
      process.exit(130);
    });
  }
  const where = machine();
  const rows = [];
  try {
    const fake = await startFake();
    started.add(() => fake.stop());
    for (const [model, steps] of Object.entries(SCENARIOS)) await fake.script(model, { steps });
    rows.push({ name: "provider", what: "text: the provider alone", ...(await bare(fake, options)) });
    for (const one of CASES.filter(({ name }) => !options.only || options.only.includes(name))) {
      const servers = new Started();
      started.add(() => servers.stop());
      console.error(`speed: ${one.name}`);
      try {
        rows.push({ ...one, ...(await within(CASE_WITHIN_SECONDS, one.name, measure(one, { ...options, fake, started: servers }))) });
      } catch (error) {
        // What the others cost is worth knowing all the same.
        console.error(`speed: ${one.name} could not be measured: ${error.message}`);
        process.exitCode = 1;
      } finally {
        await servers.stop();
      }
    }
  } finally {
    await started.stop();
  }
  report({ where: { ...where, loadAtEnd: machine().load }, options, rows });
}

/** The provider without a server between. */
async function bare(fake, options) {
  const { request, expected } = bareTurn(fake, FAKE_KEY);
  await closedLoop(request, expected, WARM_UP);
  const alone = await sequential(request, expected, options.turns);
  const loads = [];
  for (const clients of options.clients) loads.push(await closedLoop(request, expected, { clients, seconds: options.seconds }));
  return { alone, loads };
}

async function measure(one, options) {
  const { url, processes } = await startServers(one, { ...options, models: MODELS });
  const all = [...processes.directus, ...processes.host];
  const { request, expected } = turnOf(one, url, options.version);
  // What a server still does after its start is neither idle nor a turn.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const idle = { host: await memory(processes.host), directus: await memory(processes.directus) };
  await forgetPeak(all);
  const warm = await closedLoop(request, expected, WARM_UP);
  if (warm.turns === 0) throw new Error(`${one.name}: no turn succeeds: ${warm.failure}`);

  const costs = async (work) => {
    const before = { host: await processorMs(processes.host), directus: await processorMs(processes.directus) };
    const result = await work();
    const turns = result.turns + (result.failed ?? 0);
    const host = ((await processorMs(processes.host)) - before.host) / turns;
    const directus = ((await processorMs(processes.directus)) - before.directus) / turns;
    return { ...result, cpu: { host: processes.host.length ? host : undefined, directus, all: host + directus } };
  };
  const alone = await costs(() => sequential(request, expected, options.turns));
  const loads = [];
  for (const clients of options.clients) loads.push(await costs(() => closedLoop(request, expected, { clients, seconds: options.seconds })));
  const most = { host: await memory(processes.host), directus: await memory(processes.directus) };
  const used = (name) => ({ idle: idle[name].now, peak: most[name].peak });
  return { alone: { ...alone, cpu: alone.cpu.all, cpuOf: alone.cpu }, loads, cpu: loads[0].cpu, memory: { host: used("host"), directus: used("directus") } };
}

function report({ where, options, rows }) {
  const found = targets(rows);
  const failures = rows.flatMap(({ name, loads }) => loads.filter(({ failed }) => failed).map((load) => ({ name, ...load })));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ where, options, rows, targets: found }, null, 1)}\n`);
  } else {
    const { date, processors, processor, memoryGb, kernel, load, loadAtEnd } = where;
    console.log(`Directus ${options.version}, ${TOKENS} tokens without delay, ${date.slice(0, 16).replace("T", " ")} UTC`);
    console.log(`${processors} × ${processor}, ${memoryGb} GB, Linux ${kernel}, load average ${load.toFixed(1)} before and ${loadAtEnd.toFixed(1)} after\n`);
    console.log(`${table(rows, options.clients)}\n`);
    if (found.length > 0) console.log(targetTable(found, options.clients[0]));
  }
  for (const { name, clients, failed, failure } of failures) console.error(`speed: ${name}, ${clients} clients: ${failed} turns failed: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

/** The options, or nothing where there is nothing to measure. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h" },
      binaries: { type: "string" },
      seconds: { type: "string", default: "10" },
      clients: { type: "string", default: "16,64" },
      turns: { type: "string", default: "50" },
      only: { type: "string" },
      version: { type: "string", default: VERSIONS[0] },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const only = values.only?.split(",");
  const unknown = only?.find((name) => !CASES.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: the cases are ${CASES.map(({ name }) => name).join(", ")}`);
  if (!VERSIONS.includes(values.version)) throw new Error(`--version ${values.version}: it has to be ${VERSIONS.join(" or ")}`);
  const count = (name, text, most) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > most) throw new Error(`--${name} ${text}: it has to be a whole number from 1 to ${most}`);
    return value;
  };
  return {
    ...values,
    only,
    seconds: count("seconds", values.seconds, 120),
    clients: values.clients.split(",").map((text) => count("clients", text, 256)),
    turns: count("turns", values.turns, 1000),
  };
}

main().catch((error) => {
  console.error(`speed: ${error.message}`);
  process.exit(2);
});
