// `files`, `folders` and `trigger-flow`, beside Directus's routes of the same names.

/** Uploads a text file as the administrator. */
export const upload = async (t, { content = "Some text", type = "text/plain", name = `${t.mark}.txt` } = {}) => {
  const form = new FormData();
  form.append("title", `File ${t.mark}`);
  form.append("file", new Blob([content], { type }), name);
  const response = await fetch(`${t.world.directus}/files`, { method: "POST", headers: { authorization: `Bearer ${t.world.adminToken}` }, body: form });
  if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
  return (await response.json()).data;
};
const dropFiles = async (t) => {
  const files = await t.request("GET", `/files?search=${t.mark}&fields=id&limit=-1`);
  if (files.length > 0) await t.request("DELETE", "/files", files.map(({ id }) => id));
};
const fileAfter = (t) => `/files?filter[title][_contains]=${t.mark}&fields=title,description,type,filesize,folder,tags,filename_download`;
const filed = { tool: "files", writes: true, cleanup: dropFiles, after: fileAfter };
/** What both ways of importing make equal: Directus names files on its disk as it likes. */
const imported = (data) => [data].flat().map(({ title, type, filesize, description, filename_download }) => ({ title, type, filesize: Number(filesize), description, filename_download }));

const files = [
  { tool: "files", name: "read: all", input: () => ({ action: "read", query: { sort: ["id"] } }), rest: () => ["GET", "/files?sort=id"] },
  {
    tool: "files", name: "read: a filter",
    input: () => ({ action: "read", query: { filter: { type: { _starts_with: "text/" } }, fields: ["id", "title"], sort: ["title"] } }),
    rest: () => ["GET", "/files", undefined, { filter: { type: { _starts_with: "text/" } }, fields: "id,title", sort: "title" }],
  },
  {
    ...filed, name: "update", prepare: upload,
    input: (t) => ({ action: "update", keys: [t.made.id], data: { description: "Changed", tags: ["a", "b"] } }),
    rest: (t) => ["PATCH", `/files/${t.made.id}`, { description: "Changed", tags: ["a", "b"] }],
  },
  {
    ...filed, name: "delete", prepare: upload,
    input: (t) => ({ action: "delete", keys: [t.made.id] }), rest: (t) => ["DELETE", `/files/${t.made.id}`], deletes: (t) => [t.made.id],
  },
  {
    ...filed, name: "import from an address", shape: imported,
    input: (t) => ({ action: "import", data: [{ url: `${t.world.allowed}/pictures/${t.mark}.txt`, file: { title: `File ${t.mark}`, description: "From afar" } }] }),
    rest: (t) => ["POST", "/files/import", { url: `${t.world.allowed}/pictures/${t.mark}.txt`, data: { title: `File ${t.mark}`, description: "From afar" } }],
  },
];

const dropFolders = async (t) => {
  const folders = await t.request("GET", `/folders?filter[name][_contains]=${t.mark}&fields=id`);
  if (folders.length > 0) await t.request("DELETE", "/folders", folders.map(({ id }) => id));
};
const folderAfter = (t) => `/folders?filter[name][_contains]=${t.mark}&sort=name`;
const folder = (t) => t.request("POST", "/folders", { name: `Folder ${t.mark}` });
const foldered = { tool: "folders", writes: true, cleanup: dropFolders, after: folderAfter };
const folders = [
  // SEARCH, because in 12.4.0 GET fails for everybody who is no administrator (500).
  { tool: "folders", name: "read", input: () => ({ action: "read" }), rest: () => ["SEARCH", "/folders", { query: {} }] },
  {
    ...foldered, name: "create",
    input: (t) => ({ action: "create", data: [{ name: `Folder ${t.mark}` }] }), rest: (t) => ["POST", "/folders", [{ name: `Folder ${t.mark}` }]],
  },
  {
    ...foldered, name: "create: inside another", prepare: folder,
    input: (t) => ({ action: "create", data: { name: `Inner ${t.mark}`, parent: t.made.id } }),
    rest: (t) => ["POST", "/folders", { name: `Inner ${t.mark}`, parent: t.made.id }],
  },
  {
    ...foldered, name: "update", prepare: folder,
    input: (t) => ({ action: "update", keys: [t.made.id], data: { name: `Renamed ${t.mark}` } }),
    rest: (t) => ["PATCH", `/folders/${t.made.id}`, { name: `Renamed ${t.mark}` }],
  },
  {
    ...foldered, name: "delete", prepare: folder,
    input: (t) => ({ action: "delete", keys: [t.made.id] }), rest: (t) => ["DELETE", `/folders/${t.made.id}`], deletes: (t) => [t.made.id],
  },
];

/** The flow answers with its trigger: what reached it, without what every client adds. */
const reached = (data) => ({ body: data?.body, query: data?.query });
const trigger = (name, rest) => ({ tool: "trigger-flow", writes: true, name, shape: reached, ...rest });
const flows = [
  trigger("with keys and data", {
    input: (t) => ({ id: t.world.flow, collection: "articles", keys: [3, 4], data: { reason: t.mark } }),
    rest: (t) => ["POST", `/flows/trigger/${t.world.flow}`, { collection: "articles", keys: [3, 4], reason: t.mark }],
  }),
  trigger("with a query", {
    input: (t) => ({ id: t.world.flow, collection: "articles", keys: [3], query: { channel: "web" } }),
    rest: (t) => ["POST", `/flows/trigger/${t.world.flow}?channel=web`, { collection: "articles", keys: [3] }],
  }),
  trigger("for a collection that it isn't for", {
    input: (t) => ({ id: t.world.flow, collection: "authors", keys: [3] }),
    rest: (t) => ["POST", `/flows/trigger/${t.world.flow}`, { collection: "authors", keys: [3] }],
  }),
  trigger("one that doesn't exist", {
    input: () => ({ id: "3f6a6c62-0000-4000-8000-000000000000", collection: "articles", keys: [3] }),
    rest: () => ["POST", "/flows/trigger/3f6a6c62-0000-4000-8000-000000000000", { collection: "articles", keys: [3] }],
  }),
];

export default [...files, ...folders, ...flows];
