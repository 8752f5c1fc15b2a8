// What Directus's app loads. It asks a bundle for every kind of extension.
import chat from "./module/index.ts";

export const modules = [chat];
export const interfaces = [];
export const displays = [];
export const layouts = [];
export const panels = [];
export const themes = [];
export const operations = [];
