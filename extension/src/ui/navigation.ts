// Which screen of the page is shown: the part of the address behind `#/`.
import { readonly, ref } from "vue";

const path = ref(read());

function read(): string[] {
  return location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Somebody typed it.
    return segment;
  }
}

window.addEventListener("hashchange", () => (path.value = read()));

/** Segments of the address, none for the chat. */
export const screen = readonly(path);

export function open(...segments: string[]): void {
  location.hash = hashOf(segments);
}

/** The address of a screen, for links. Data Studio's pages have another base than their own address. */
export const addressOf = (...segments: string[]): string => location.pathname + location.search + hashOf(segments);

const hashOf = (segments: string[]): string => `#/${segments.map(encodeURIComponent).join("/")}`;
