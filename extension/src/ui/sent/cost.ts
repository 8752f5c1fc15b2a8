// Money as people read it.
import { formatNumber } from "../i18n/index.ts";

/** Millionths of a US dollar. Small amounts keep their digits: many calls cost less than a cent. */
export function formatCost(micros: number): string {
  return formatNumber(micros / 1_000_000, { style: "currency", currency: "USD", maximumFractionDigits: micros < 10_000 ? 6 : 2 });
}
