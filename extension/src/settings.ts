// Settings as text, from Directus's environment.

/**
 * A variable as the administrator wrote it, or undefined where it is unset or empty.
 *
 * Directus reads its configuration file and the process's environment into one, and turns values into
 * numbers, booleans and lists on the way.
 */
export function text(env: Record<string, unknown>, name: string): string | undefined {
  const written = process.env[name] ?? inWords(env[name]);
  return written === undefined || written === "" ? undefined : written;
}

function inWords(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => inWords(item) ?? "").join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(true|1|yes|on)$/i.test(value.trim());
}
