// Which models this Directus offers in its own panel, as it tells the caller itself.
import type { Accountability, ExtensionContext } from "../directus.ts";

const KEPT_MS = 30_000;
const MOST_KEPT = 1_000;
const MODEL_LISTS = {
  openai: "ai_openai_allowed_models",
  anthropic: "ai_anthropic_allowed_models",
  google: "ai_google_allowed_models",
} as const;
const COMPATIBLE = "openai-compatible";
const COMPATIBLE_MODELS = "ai_openai_compatible_models";

/** Names of models by provider. */
export type Offer = ReadonlyMap<string, ReadonlySet<string>>;

/** What the settings and the server's information that a user can read amount to. */
export function offerOf(info: Record<string, unknown>, settings: Record<string, unknown>): Offer {
  const offer = new Map<string, Set<string>>();
  if (info["ai_enabled"] !== true || !Array.isArray(info["ai_providers"])) return offer;
  for (const provider of info["ai_providers"] as unknown[]) {
    if (provider === COMPATIBLE) offer.set(COMPATIBLE, new Set(idsOf(settings[COMPATIBLE_MODELS])));
    else if (typeof provider === "string" && Object.hasOwn(MODEL_LISTS, provider)) {
      const names = settings[MODEL_LISTS[provider as keyof typeof MODEL_LISTS]];
      offer.set(provider, new Set(Array.isArray(names) ? names.filter((name) => typeof name === "string") : []));
    }
  }
  return offer;
}

function idsOf(models: unknown): string[] {
  if (!Array.isArray(models)) return [];
  return models.map((model: { id?: unknown } | null) => model?.id).filter((id) => typeof id === "string");
}

/** Reads offers with the rights of the caller, and keeps each caller's for half a minute. */
export class Offers {
  readonly #context: Pick<ExtensionContext, "services" | "getSchema">;
  readonly #kept = new Map<string, { until: number; offer: Promise<Offer> }>();

  constructor(context: Pick<ExtensionContext, "services" | "getSchema">) {
    this.#context = context;
  }

  async of(accountability: Accountability & { user: string }): Promise<Offer> {
    const now = Date.now();
    const kept = this.#kept.get(accountability.user);
    if (kept !== undefined && kept.until > now) return kept.offer;
    this.#makeRoom(now);
    const offer = this.#read(accountability);
    this.#kept.set(accountability.user, { until: now + KEPT_MS, offer });
    // A failure is not kept.
    offer.catch(() => this.#kept.delete(accountability.user));
    return offer;
  }

  #makeRoom(now: number): void {
    if (this.#kept.size < MOST_KEPT) return;
    for (const [user, { until }] of this.#kept) if (until <= now) this.#kept.delete(user);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
  }

  async #read(accountability: Accountability): Promise<Offer> {
    const { services, getSchema } = this.#context;
    const options = { accountability, schema: await getSchema() };
    const info = await new services.ServerService(options).serverInfo();
    const settings = await new services.SettingsService(options).readSingleton({
      fields: [...Object.values(MODEL_LISTS), COMPATIBLE_MODELS],
    });
    return offerOf(info, settings);
  }
}
