// Where the host is, and what it knows this extension by.
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";

import type { Logger } from "./directus.ts";
import type { Unavailable } from "./proxy/unavailable.ts";
import { text } from "./settings.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

export type ListenAddress = ReturnType<Server["address"]>;

export interface Host {
  readonly secret: string | undefined;
  /** Name of Directus's session cookie. */
  readonly sessionCookie: string;
  /** The address to ask, or why there is none at the moment. */
  target(): { url: URL } | Unavailable;
  /** Directus serves at this address. */
  start(address: ListenAddress): void;
  stop(): void;
}

const SECRET_CHARACTERS = 32;
/** One for each process, also when Directus loads the extension anew. */
const KEY = Symbol.for("directus-extension-palisade.host");
const shared = globalThis as { [KEY]?: Host };

export function connect(env: Record<string, unknown>, logger: Logger): Host {
  return (shared[KEY] ??= create(env, logger));
}

function create(env: Record<string, unknown>, logger: Logger): Host {
  const url = text(env, "PALISADE_URL");
  const given = longEnough(text(env, "PALISADE_EXTENSION_SECRET"), logger);
  const sessionCookie = text(env, "SESSION_COOKIE_NAME") ?? "directus_session_token";
  if (url !== undefined) return { ...elsewhere(url, given, logger), sessionCookie };
  const secret = given ?? text(env, "PALISADE_DIRECTUS__EXTENSION_SECRET") ?? randomBytes(32).toString("hex");
  const supervisor = new Supervisor(env, secret, logger);
  return {
    secret,
    sessionCookie,
    target: () => supervisor.target(),
    start: (address) => supervisor.start(address),
    stop: () => supervisor.stop(),
  };
}

/** The host takes no secret that could be guessed. */
function longEnough(secret: string | undefined, logger: Logger): string | undefined {
  if (secret === undefined || secret.length >= SECRET_CHARACTERS) return secret;
  logger.error(`palisade: PALISADE_EXTENSION_SECRET has to have at least ${SECRET_CHARACTERS} characters; it is not used`);
  return undefined;
}

/** A host that somebody else runs. */
function elsewhere(written: string, secret: string | undefined, logger: Logger): Omit<Host, "sessionCookie"> {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username || url.search || url.hash) {
    logger.error("palisade: PALISADE_URL is no address such as https://palisade.internal:8090");
    const reason = "The assistant's host is not configured correctly.";
    return { secret: undefined, target: () => ({ reason, retryAfterSeconds: 60 }), start() {}, stop() {} };
  }
  if (secret === undefined) {
    logger.warn(
      "palisade: there is no PALISADE_EXTENSION_SECRET, so the host can't know the addresses of clients. " +
        "Set it to the value of the host's PALISADE_DIRECTUS__EXTENSION_SECRET.",
    );
  }
  return { secret, target: () => ({ url }), start() {}, stop() {} };
}
