// Data Studio's own panel, answered by Palisade: for models that this Directus itself offers there.
import type { Accountability, DirectusRequest, ExtensionContext, Handler } from "../directus.ts";
import type { Host } from "../host.ts";
import { forward } from "../proxy/forward.ts";
import { peekField } from "./form.ts";
import { Offers, type Offer } from "./offers.ts";

/** The panel knows the tools by which a model finds and runs others, so the host offers them so. */
const ADDRESSES: Record<string, string> = {
  "/chat": "/ai/chat?tool_mode=registry",
  "/object": "/ai/object",
  "/files": "/ai/files",
};

/**
 * Answers what the panel posts. Everything that Directus wouldn't offer to this caller goes on to
 * Directus, which refuses it in its own words: nothing is opened here that Directus keeps shut.
 */
export function panel(host: Host, context: ExtensionContext): Handler {
  const offers = new Offers(context);
  return (request, response, next) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const address = Object.hasOwn(ADDRESSES, path) ? ADDRESSES[path] : undefined;
    const { accountability } = request;
    if (request.method !== "POST" || address === undefined || !isAppUser(accountability)) return next();
    // The host takes no token from an address, so it would not know the caller.
    if (request.tokenSource === "query") return next();
    offers
      .of(accountability)
      .then((offer) => isOffered(request, path, offer))
      .then(
        (offered) => {
          if (response.destroyed) return;
          if (!offered) return next();
          const full = path === "/files" ? withQuery(address, request.url) : address;
          forward(request, response, { address: full, prefix: "" }, host, context.logger);
        },
        (error: unknown) => next(error),
      );
  };
}

function isAppUser(accountability: Accountability | null | undefined): accountability is Accountability & { user: string } {
  return accountability?.app === true && typeof accountability.user === "string" && accountability.user !== "";
}

async function isOffered(request: DirectusRequest, path: string, offer: Offer): Promise<boolean> {
  if (path === "/files") {
    // A file belongs to no model yet.
    const provider = await peekField(request, "provider");
    return provider !== undefined && (offer.get(provider)?.size ?? 0) > 0;
  }
  const { provider, model } = (request.body ?? {}) as { provider?: unknown; model?: unknown };
  return typeof provider === "string" && typeof model === "string" && offer.get(provider)?.has(model) === true;
}

/** What the host asked for when it sent the browser back. */
function withQuery(address: string, url: string): string {
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  const kept = new URLSearchParams();
  for (const name of ["provider", "size"]) {
    const value = query.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept.size > 0 ? `${address}?${kept}` : address;
}
