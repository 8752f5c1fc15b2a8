// What the host is told, and nothing else: Directus's own secrets stay with Directus.
import { text } from "../settings.ts";

const FROM_THE_SYSTEM = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
/** Settings of this extension, which the host doesn't know and therefore refuses. */
const OWN = new Set(["PALISADE_URL", "PALISADE_BINARY", "PALISADE_STUDIO_PANEL", "PALISADE_EXTENSION_SECRET"]);

export interface Facts {
  /** Where the host reaches Directus. */
  directusUrl: string | undefined;
  /** Directus's `PUBLIC_URL`. */
  publicUrl: string | undefined;
  secret: string;
}

/** The environment of the child. What the administrator set wins over what is known here. */
export function childEnvironment(env: Record<string, unknown>, facts: Facts): Record<string, string> {
  const child: Record<string, string> = {};
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && child[name] === undefined) child[name] = value;
  };
  for (const name of FROM_THE_SYSTEM) set(name, process.env[name]);
  for (const name of new Set([...Object.keys(env), ...Object.keys(process.env)])) {
    if (name.startsWith("PALISADE_") && !OWN.has(name)) set(name, text(env, name));
  }
  set("PALISADE_WORKSPACE__BACKEND", "directus");
  set("PALISADE_DIRECTUS__URL", facts.directusUrl);
  set("PALISADE_DIRECTUS__EXTENSION_SECRET", facts.secret);
  const seen = webAddress(facts.publicUrl);
  set("PALISADE_PUBLIC_URL", seen?.origin);
  set("PALISADE_DIRECTUS__PUBLIC_URL", seen?.href);
  return child;
}

/** What browsers see, where `PUBLIC_URL` says it: Directus's default is `/`. */
function webAddress(publicUrl: string | undefined): URL | undefined {
  const url = publicUrl !== undefined && URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  return url?.protocol === "http:" || url?.protocol === "https:" ? url : undefined;
}

/** Where this machine reaches the Directus that listens there. */
export function directusUrl(
  address: { address: string; port: number } | string | null,
  publicUrl: string | undefined,
): string | undefined {
  // A Unix socket has no URL; what stands in front of it has.
  if (address === null || typeof address === "string") return URL.canParse(publicUrl ?? "") ? publicUrl : undefined;
  const everywhere = ["0.0.0.0", "::", ""].includes(address.address);
  const host = everywhere ? "127.0.0.1" : address.address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}
