// Which addresses of the host can be reached through Directus, and how they are written.

/** What the host serves to users of Directus. Its metrics and the embedded project are not for them. */
const SERVED = ["/ai", "/server", "/openapi.json"];

/**
 * The path and query of a request as the host gets them, or undefined where the host has nothing to
 * serve there.
 */
export function hostAddress(url: string): string | undefined {
  let parsed: URL;
  try {
    // Dot segments are resolved before the path is judged: what stands in front of the host may do so.
    parsed = new URL(`http://host${url.startsWith("/") ? url : `/${url}`}`);
  } catch {
    return undefined;
  }
  const { pathname } = parsed;
  // A slash or a dot in disguise means one thing here and may mean another there.
  if (/%(2e|2f|5c|25)/i.test(pathname) || pathname.includes("//")) return undefined;
  if (!SERVED.some((served) => pathname === served || pathname.startsWith(`${served}/`))) return undefined;
  return pathname + withoutTokens(parsed.search);
}

/** The query without the tokens that Directus takes there: addresses end up in logs. */
function withoutTokens(search: string): string {
  const kept = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !isToken(pair.split("=", 1)[0] ?? ""));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

function isToken(name: string): boolean {
  let decoded: string;
  try {
    decoded = decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return true;
  }
  return decoded.trim().toLowerCase().split("[", 1)[0] === "access_token";
}

/** A `Location` of the host as a client of Directus has to read it. */
export function clientLocation(location: string, prefix: string): string {
  // The host writes addresses relative to the one that was called; those need no change.
  return location.startsWith("/") && !location.startsWith("//") ? prefix + location : location;
}
