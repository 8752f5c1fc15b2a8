// Child processes whose output is kept, and waits that always end.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Path of a built program: `variable` names it, `TEST_BINARIES` its folder; else Cargo's debug folder. */
export function program(name, variable) {
  const folder = process.env.TEST_BINARIES ?? join(REPOSITORY, "target", "debug");
  const path = process.env[variable] ?? join(folder, name);
  if (!existsSync(path)) {
    throw new Error(`${path} does not exist: run cargo build -p palisade -p palisade-tests, or name another in ${variable}`);
  }
  return path;
}

/** Resolves with the first truthy value of `probe`, or fails after `seconds` with what `describe` says. */
export async function eventually(probe, { seconds = 20, what = "the condition", describe } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) {
      throw new Error(`gave up after ${seconds} s waiting for ${what}${describe ? `\n${await describe()}` : ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Rejects when `promise` takes longer than `seconds`. */
export async function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${seconds} s`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A long-running child. Its output is kept for the message of a failure. */
export class Child {
  #child;
  #ended;
  output = "";

  constructor(path, args, { env = {}, cwd } = {}) {
    this.name = path;
    this.#child = spawn(path, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => (this.output += text));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.output += `\n${error.message}`;
        resolve(-1);
      });
      this.#child.once("close", (code, signal) => resolve(code ?? signal));
    });
    this.#ended.then((status) => (this.status = status));
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits for `pattern` in the output and gives its match. */
  async says(pattern, seconds = 60) {
    return eventually(
      () => {
        const match = pattern.exec(this.output);
        if (!match && this.status !== undefined) {
          throw new Error(`${this.name} ended with ${this.status} before it said ${pattern}:\n${this.output}`);
        }
        return match;
      },
      { seconds, what: `${pattern} from ${this.name}`, describe: () => this.output },
    );
  }

  /** Stops the child: politely, then for good. */
  async stop() {
    if (this.status !== undefined) return;
    this.#child.stdin.end();
    this.#child.kill("SIGTERM");
    const hard = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(hard);
  }
}

/** Runs a command to its end and gives its standard output; fails with everything it said. */
export async function run(path, args, { input = "", env = {}, cwd, seconds = 120 } = {}) {
  const child = spawn(path, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text) => (output[name] += text));
  }
  // A command that refuses early closes its input before it has read it.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const hard = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(hard);
  if (status !== 0) {
    throw new Error(`${path} ${args.join(" ")} ended with ${status}\n${output.stdout}${output.stderr}`);
  }
  return output.stdout;
}
