// Reads of the project, with the user's own permissions.
import type { ApiClient, Query } from "./client.ts";

export type Item = Record<string, unknown>;
export type Key = string | number;

export interface Collection {
  collection: string;
  meta: { note?: string | null; hidden?: boolean; singleton?: boolean; display_template?: string | null; icon?: string | null } | null;
  schema: unknown;
}

export interface Field {
  collection: string;
  field: string;
  type: string;
  meta: { special?: string[] | null; hidden?: boolean; interface?: string | null; note?: string | null } | null;
  schema: { is_primary_key?: boolean } | null;
}

export class Project {
  readonly #api: ApiClient;
  readonly #fields = new Map<string, Promise<Field[]>>();
  #collections: Promise<Collection[]> | undefined;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** The collections with items that the user sees. */
  collections(): Promise<Collection[]> {
    this.#collections ??= this.#api
      .get<Collection[]>("project", "/collections")
      .then((all) => all.filter(({ collection, schema, meta }) => schema && !collection.startsWith("directus_") && !meta?.hidden));
    return this.#kept(this.#collections, () => (this.#collections = undefined));
  }

  fields(collection: string): Promise<Field[]> {
    const known = this.#fields.get(collection) ?? this.#api.get<Field[]>("project", `/fields/${encodeURIComponent(collection)}`);
    this.#fields.set(collection, known);
    return this.#kept(known, () => this.#fields.delete(collection));
  }

  async primaryKey(collection: string): Promise<string> {
    const fields = await this.fields(collection);
    return fields.find(({ schema }) => schema?.is_primary_key)?.field ?? "id";
  }

  items(collection: string, query: Query, signal?: AbortSignal): Promise<Item[]> {
    return this.#api.get("project", itemsPath(collection), query, signal);
  }

  /** Address of a file's content. */
  asset(id: string): string {
    return this.#api.address("project", `/assets/${encodeURIComponent(id)}`);
  }

  /** A failure isn't kept. */
  #kept<Value>(promise: Promise<Value>, forget: () => void): Promise<Value> {
    promise.catch(forget);
    return promise;
  }
}

/** Directus has routes of their own for its own collections. */
function itemsPath(collection: string): string {
  const own = /^directus_(files|folders|flows|operations|users)$/.exec(collection)?.[1];
  return own === undefined ? `/items/${encodeURIComponent(collection)}` : `/${own}`;
}
