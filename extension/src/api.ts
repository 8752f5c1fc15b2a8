// What Directus's server loads.
import endpoint from "./endpoint.ts";
import hook from "./hook.ts";

export const endpoints = [{ name: "palisade", config: endpoint }];
export const hooks = [{ name: "palisade-host", config: hook }];
export const operations = [];
