// Runs the host as a child: starts it with Directus, starts it again when it ends, stops it with Directus.
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";

import type { Logger } from "../directus.ts";
import type { ListenAddress } from "../host.ts";
import type { Unavailable } from "../proxy/unavailable.ts";
import { text } from "../settings.ts";
import { Backoff } from "./backoff.ts";
import { findBinary } from "./binary.ts";
import { passLines, secretsOf } from "./child-log.ts";
import { childEnvironment, directusUrl } from "./environment.ts";
import { type Guarded, spawnGuarded } from "./guard.ts";
import { ensureMasterKey } from "./master-key.ts";

/** The host chooses a free port and says which: a port chosen here could be taken meanwhile. */
const LISTEN = "127.0.0.1:0";
const ANNOUNCEMENT = /\blistens on (http:\/\/127\.0\.0\.1:\d+)\s*$/;
const READY_WITHIN_MS = 60_000;
const PING_EVERY_MS = 100;

const STARTING: Unavailable = { reason: "The assistant's host is starting.", retryAfterSeconds: 2 };
const STOPPED: Unavailable = { reason: "The assistant's host is not running.", retryAfterSeconds: 30 };

export class Supervisor {
  readonly #env: Record<string, unknown>;
  readonly #secret: string;
  readonly #logger: Logger;
  readonly #backoff = new Backoff();
  #target: { url: URL } | Unavailable = STOPPED;
  #child: Guarded | undefined;
  #again: NodeJS.Timeout | undefined;
  #started = false;
  #stopping = false;

  constructor(env: Record<string, unknown>, secret: string, logger: Logger) {
    this.#env = env;
    this.#secret = secret;
    this.#logger = logger;
  }

  /** Where the host answers, or why it doesn't. */
  target(): { url: URL } | Unavailable {
    return this.#target;
  }

  /** Starts the host for the Directus that listens at `address`. Only the first call does. */
  start(address: ListenAddress): void {
    if (this.#started) return;
    this.#started = true;
    const binary = findBinary(text(this.#env, "PALISADE_BINARY"), process.env["PATH"]);
    if (typeof binary !== "string") return this.#logger.error(`palisade: the host can't be started: ${binary.problem}`);
    const publicUrl = text(this.#env, "PUBLIC_URL");
    const facts = { directusUrl: directusUrl(address, publicUrl), publicUrl, secret: this.#secret };
    const environment = childEnvironment(this.#env, facts);
    const dataDir = resolve(text(this.#env, "PALISADE_DATA_DIR") ?? ".palisade");
    this.#target = STARTING;
    this.#prepare(binary, dataDir, environment).then(
      () => this.#run(binary, dataDir, environment),
      (error: unknown) => {
        this.#target = STOPPED;
        const said = error instanceof Error ? error.message : String(error);
        this.#logger.error(`palisade: the host can't be started: ${said}`);
      },
    );
  }

  /** Stops the host for good. Running turns have some seconds to end. */
  stop(): void {
    this.#stopping = true;
    this.#target = STOPPED;
    clearTimeout(this.#again);
    this.#child?.stdin.end();
  }

  async #prepare(binary: string, dataDir: string, environment: Record<string, string>): Promise<void> {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    await ensureMasterKey(binary, dataDir, environment, this.#logger);
  }

  #run(binary: string, dataDir: string, environment: Record<string, string>): void {
    if (this.#stopping) return;
    const child = spawnGuarded(binary, ["--data-dir", dataDir, "serve", "--listen", LISTEN], environment);
    this.#child = child;
    this.#target = STARTING;
    let readySince = 0;
    let over = false;
    const secrets = secretsOf(environment);
    passLines(child.stderr, secrets, "warn", this.#logger);
    passLines(child.stdout, secrets, "info", this.#logger, (line) => {
      const url = ANNOUNCEMENT.exec(line)?.[1];
      if (url === undefined || readySince !== 0) return;
      answers(url, () => over).then(
        () => {
          if (over || this.#stopping) return;
          readySince = Date.now();
          this.#target = { url: new URL(url) };
        },
        (error: unknown) => {
          if (over) return;
          this.#logger.error(`palisade: ${error instanceof Error ? error.message : String(error)}`);
          child.stdin.end();
        },
      );
    });
    const ended = (how: string) => {
      if (over) return;
      over = true;
      // Should only the guard be gone, this ends what it guarded.
      child.stdin.end();
      if (this.#stopping) return;
      const wait = this.#backoff.after(readySince === 0 ? 0 : Date.now() - readySince);
      this.#target = { reason: "The assistant's host is being restarted.", retryAfterSeconds: Math.ceil(wait / 1000) + 1 };
      this.#logger.error(`palisade: the host ended (${how}); it is started again in ${wait / 1000} s`);
      this.#again = setTimeout(() => this.#run(binary, dataDir, environment), wait);
    };
    child.once("error", (error) => ended(error.message));
    child.once("exit", (code, signal) => ended(signal ?? inWords(code ?? 0)));
  }
}

/** Waits until the host at `url` answers. */
async function answers(url: string, given: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!given()) {
    const answer = await fetch(`${url}/server/ping`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error("the host doesn't answer; it is stopped");
    await new Promise((resume) => setTimeout(resume, PING_EVERY_MS));
  }
}

/** A shell gives 128 and the signal's number for a program that a signal ended. */
function inWords(code: number): string {
  return code > 128 ? `signal ${code - 128}` : `code ${code}`;
}
