// Addresses of pages in Data Studio.

/** The page of an item, undefined where there is no Data Studio or it has no such page. */
export function itemLink(studio: string | undefined, collection: string, key: unknown): string | undefined {
  if (studio === undefined || (typeof key !== "string" && typeof key !== "number")) return undefined;
  const path = pageOf(collection, String(key));
  return path && `${studio}/admin/${path.map(encodeURIComponent).join("/")}`;
}

function pageOf(collection: string, key: string): string[] | undefined {
  switch (collection) {
    case "directus_files":
      return ["files", key];
    case "directus_folders":
      return ["files", "folders", key];
    case "directus_flows":
      return ["settings", "flows", key];
    case "directus_users":
      return ["users", key];
    default:
      return collection.startsWith("directus_") ? undefined : ["content", collection, key];
  }
}
