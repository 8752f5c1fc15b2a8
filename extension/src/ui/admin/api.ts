// What administrators read and change.
import type { ToolMode } from "../api/assistant.ts";
import type { ApiClient, Query } from "../api/client.ts";
import type { LedgerRow } from "../sent/rows.ts";

export interface ProviderKey {
  set: boolean;
  masked?: string;
  updatedAt?: string;
  updatedBy?: string;
}

export interface Provider {
  id: string;
  kind: string;
  name: string | null;
  baseUrl: string | null;
  region: string | null;
  requiresKey: boolean;
  allowedModels: string[] | null;
  locked: boolean;
  key: ProviderKey;
}

export interface ProviderTest {
  ok: true;
  model: string;
  milliseconds: number;
}

export type Approvals = "all" | "writes";

export interface Ceiling {
  default?: ToolMode | null;
  roles?: Record<string, ToolMode>;
}

export interface Settings {
  revision: number;
  approvals: Approvals;
  max_steps: number;
  system_prompt: string | null;
  allowed_models: Record<string, string[]>;
  ceilings: Record<string, Ceiling>;
  prompts_collection: string | null;
  /** What was changed at run time; everything else is the configuration's. */
  changed: { allowed_models?: Record<string, string[]> } & Record<string, unknown>;
  /** Names of settings that the configuration locks. */
  locked: string[];
}

/** A key that is left out stays; null goes back to the configuration's value. */
export interface SettingsChange {
  revision?: number;
  approvals?: Approvals | null;
  max_steps?: number | null;
  system_prompt?: string | null;
  prompts_collection?: string | null;
  allowed_models?: Record<string, string[] | null>;
  ceilings?: Record<string, { default?: ToolMode | null; roles?: Record<string, ToolMode | null> }>;
}

export interface AdminTool {
  name: string;
  description: string | null;
  source: string;
  component?: string;
  readOnly: boolean;
  destructive: boolean;
  openWorld: boolean;
  ceiling: Ceiling;
}

export interface Health {
  status: string;
  version?: string;
  checks?: {
    state: string;
    project: string;
    component: string;
    image?: string;
    turns: { running: number; waiting: number; limit: number; configured?: number };
    providers?: { id: string; state: "ok" | "no key" | "no model" }[] | null;
  };
}

export interface UsageRow {
  provider: string;
  model: string;
  calls: number;
  bytes_sent: number;
  bytes_received: number;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  reasoning_tokens: number;
  cost_micros: number;
}

export interface AdminRow extends LedgerRow {
  id: string;
  user: string | null;
  approval_id: string | null;
}

export interface LedgerQuery {
  since?: string;
  until?: string;
  kind?: string;
  user?: string;
}

const ADMIN = "/ai/admin";

export class AdminApi {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  providers(): Promise<Provider[]> {
    return this.#api.get("assistant", `${ADMIN}/providers`);
  }

  async setKey(provider: string, key: string): Promise<ProviderKey> {
    return (await this.#api.post<{ data: ProviderKey }>("assistant", this.#provider(provider, "key"), { key }, "PUT")).data;
  }

  deleteKey(provider: string): Promise<void> {
    return this.#api.delete("assistant", this.#provider(provider, "key"));
  }

  async testProvider(provider: string): Promise<ProviderTest> {
    return (await this.#api.post<{ data: ProviderTest }>("assistant", this.#provider(provider, "test"), {})).data;
  }

  settings(): Promise<Settings> {
    return this.#api.get("assistant", `${ADMIN}/settings`);
  }

  async changeSettings(change: SettingsChange): Promise<Settings> {
    return (await this.#api.post<{ data: Settings }>("assistant", `${ADMIN}/settings`, change, "PATCH")).data;
  }

  tools(): Promise<AdminTool[]> {
    return this.#api.get("assistant", `${ADMIN}/tools`);
  }

  usage(query: Omit<LedgerQuery, "kind">): Promise<UsageRow[]> {
    return this.#api.get("assistant", `${ADMIN}/usage`, query as Query);
  }

  /** A page of the ledger, the newest rows first, and where the next one starts. */
  async ledger(query: LedgerQuery, cursor?: string): Promise<{ rows: AdminRow[]; cursor: string | null }> {
    const address = this.#api.address("assistant", `${ADMIN}/ledger`, { ...query, cursor, limit: PAGE_ROWS });
    const body = (await (await this.#api.send(address)).json()) as { data: AdminRow[]; meta: { cursor: string | null } };
    return { rows: body.data, cursor: body.meta.cursor };
  }

  /** The whole ledger as a file. */
  async exportLedger(query: LedgerQuery, format: "csv" | "jsonl"): Promise<Blob> {
    const address = this.#api.address("assistant", `${ADMIN}/ledger/export`, { ...query, format });
    return (await this.#api.send(address)).blob();
  }

  async health(): Promise<Health> {
    const response = await this.#api.send(this.#api.address("assistant", "/server/health"));
    return (await response.json()) as Health;
  }

  #provider(id: string, what: string): string {
    return `${ADMIN}/providers/${encodeURIComponent(id)}/${what}`;
  }
}

const PAGE_ROWS = 100;
