// Texts of the interface, from message files with one key for each.
import { computed, ref } from "vue";

import de from "./de.json";
import en from "./en.json";

export type MessageKey = keyof typeof en;
export type Locale = keyof typeof CATALOGUES;

const CATALOGUES = { en, de } as const;
type Values = Record<string, string | number>;
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

const chosen = ref<Locale>("en");
/** The tag that numbers and dates are written by; more exact than the language of the texts. */
const tag = ref("en");

export const locale = computed(() => chosen.value);
export const locales = Object.keys(CATALOGUES) as Locale[];

/** Takes the first language that there are texts in. */
export function setLocale(wanted: readonly string[]): void {
  for (const one of wanted) {
    const language = one.toLowerCase().split("-", 1)[0] ?? "";
    if (!(language in CATALOGUES)) continue;
    chosen.value = language as Locale;
    tag.value = isTag(one) ? one : language;
    return;
  }
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
}

export const direction = computed(() => (RIGHT_TO_LEFT.has(chosen.value) ? "rtl" : "ltr"));

/**
 * Gives the text of a key. `{name}` stands for a value. A text that depends on a number has two forms
 * with `|` between them, the first for one; the number is the value `count`.
 */
export const t = translator(CATALOGUES);

/** Gives the texts of these catalogues, one for each language. */
export function translator<Key extends string>(catalogues: Record<Locale, Record<Key, string>>): (key: Key, values?: Values) => string {
  return (key, values = {}) => filled(catalogues[chosen.value][key], values);
}

function filled(text: string, values: Values): string {
  const [one = "", many = one] = text.split(" | ");
  const form = values["count"] === 1 ? one : many;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? formatNumber(value) : value;
  });
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(tag.value, options).format(value);
}

/** Short, as in "12.4K". */
export function formatCount(value: number): string {
  return formatNumber(value, { notation: value >= 10_000 ? "compact" : "standard", maximumFractionDigits: 1 });
}

export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 1_048_576 ? ["megabyte", bytes / 1_048_576] : ["kilobyte", bytes / 1024];
  return formatNumber(size as number, { style: "unit", unit: unit as string, maximumFractionDigits: 1 });
}

export function formatDate(value: number | Date, options: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" }): string {
  return new Intl.DateTimeFormat(tag.value, options).format(value);
}

export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(tag.value, { type: "conjunction" }).format(items);
}
