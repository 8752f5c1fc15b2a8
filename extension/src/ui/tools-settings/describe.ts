// Descriptions of tools are written for models; people get their beginning.
import { readable } from "../text.ts";

/** The first sentence of a description, without the marks that it is set in. */
export function summaryOf(description: string): string {
  const line = description.split("\n").map((text) => text.replace(/^[#>*\-\s]+/, "").trim()).find((text) => text !== "") ?? "";
  const end = line.search(/[.!?](\s|$)/);
  return readable((end < 0 ? line : line.slice(0, end + 1)).replace(/[*_`]/g, ""));
}
