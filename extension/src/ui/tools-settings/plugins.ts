// Tool components: what each asks for, and what an administrator granted.
import type { ApiClient } from "../api/client.ts";

export interface DataPermission {
  collection: string;
  actions: string[];
  reason?: string;
}

export interface HttpPermission {
  name: string;
  origin: string;
  methods: string[];
  reason?: string;
}

export interface SecretPermission {
  name: string;
  /** Names of the hosts that it may be sent to. */
  origins: string[];
  reason?: string;
}

export interface Permissions {
  data: DataPermission[];
  http: HttpPermission[];
  secrets: SecretPermission[];
  kv: { keys: number; bytes: number; reason?: string } | null;
  identity: { reason?: string } | null;
}

export interface PluginTool {
  name: string;
  title: string | null;
  description: string;
  readOnly: boolean;
  destructive: boolean;
  openWorld: boolean;
}

export interface Plugin {
  name: string;
  title: string | null;
  version: string;
  description: string;
  digest: string;
  state: "granted" | "new" | "changed" | "broken";
  /** Why a broken one can't be used. */
  reason: string | null;
  asks: Permissions;
  granted: Permissions | null;
  tools: PluginTool[];
}

const PLUGINS = "/ai/admin/plugins";

export const loadPlugins = (api: ApiClient): Promise<Plugin[]> => api.get("assistant", PLUGINS);

/** Grants to the component that was looked at: one that has changed meanwhile is refused. */
export const grantPlugin = (api: ApiClient, plugin: Plugin, grant: Permissions): Promise<unknown> =>
  api.post("assistant", `${path(plugin.name)}/grant?digest=${encodeURIComponent(plugin.digest)}`, grant, "PUT");

export const revokePlugin = (api: ApiClient, plugin: string): Promise<void> => api.delete("assistant", `${path(plugin)}/grant`);

export const setPluginSecret = (api: ApiClient, plugin: string, secret: string, value: string): Promise<unknown> =>
  api.post("assistant", `${path(plugin)}/secrets/${encodeURIComponent(secret)}`, { value }, "PUT");

export const deletePluginSecret = (api: ApiClient, plugin: string, secret: string): Promise<void> =>
  api.delete("assistant", `${path(plugin)}/secrets/${encodeURIComponent(secret)}`);

function path(plugin: string): string {
  return `${PLUGINS}/${encodeURIComponent(plugin)}`;
}

export const nothing = (): Permissions => ({ data: [], http: [], secrets: [], kv: null, identity: null });

/** What is asked for, as it is granted: without the reasons. */
export function grantOf(asks: Permissions): Permissions {
  return {
    data: asks.data.map(({ collection, actions }) => ({ collection, actions: [...actions] })),
    http: asks.http.map(({ name, origin, methods }) => ({ name, origin, methods: [...methods] })),
    secrets: asks.secrets.map(({ name, origins }) => ({ name, origins: [...origins] })),
    kv: asks.kv && { keys: asks.kv.keys, bytes: asks.kv.bytes },
    identity: asks.identity && {},
  };
}

/**
 * The part of a grant that is still asked for, entry by entry as it is asked for now; an origin is the one
 * that was granted, which the administrator may have chosen.
 */
export function stillAsked(granted: Permissions, asks: Permissions): Permissions {
  const now = grantOf(asks);
  return {
    data: now.data.flatMap(({ collection, actions }) => {
      const kept = actions.filter((action) => granted.data.some((own) => own.collection === collection && own.actions.includes(action)));
      return kept.length > 0 ? [{ collection, actions: kept }] : [];
    }),
    http: now.http.flatMap((one) => {
      const own = granted.http.find(({ name, methods }) => name === one.name && covers(methods, one.methods));
      return own ? [{ ...one, origin: own.origin }] : [];
    }),
    secrets: now.secrets.filter((one) => granted.secrets.some((own) => own.name === one.name && covers(own.origins, one.origins))),
    kv: granted.kv && now.kv && granted.kv.keys >= now.kv.keys && granted.kv.bytes >= now.kv.bytes ? now.kv : null,
    identity: granted.identity && now.identity,
  };
}

const covers = (whole: string[], part: string[]): boolean => part.every((one) => whole.includes(one));

/** Where a secret goes: the addresses that were granted, else those that are asked for. */
export function addressesOf(secret: SecretPermission, granted: Permissions, asks: Permissions): string[] {
  const named = (list: HttpPermission[], name: string): string | undefined => list.find((one) => one.name === name)?.origin;
  return secret.origins.map((name) => named(granted.http, name) ?? named(asks.http, name) ?? name);
}

export function isNothing({ data, http, secrets, kv, identity }: Permissions): boolean {
  return data.length + http.length + secrets.length === 0 && kv === null && identity === null;
}
