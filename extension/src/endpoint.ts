// `/palisade/…`: the host's routes, for whoever can reach Directus. The host authenticates callers
// itself, by the credential that they sent.
import type { ExtensionContext, Router } from "./directus.ts";
import { connect } from "./host.ts";
import { hostAddress } from "./proxy/address.ts";
import { forward } from "./proxy/forward.ts";
import { notFound } from "./proxy/unavailable.ts";

export default {
  id: "palisade",
  handler(router: Router, { env, logger }: ExtensionContext): void {
    const host = connect(env, logger);
    router.use((request, response) => {
      const address = hostAddress(request.url);
      if (address === undefined) return notFound(response, request.baseUrl + (request.url.split("?", 1)[0] ?? ""));
      forward(request, response, { address, prefix: request.baseUrl }, host, logger);
    });
  },
};
