// Signing in and out of the project that serves the page.
import { encodeQuery, type ApiClient } from "./client.ts";

export interface CurrentUser {
  id: string;
  email: string | null;
  name: string;
  isAdmin: boolean;
  /** Language that the user set in Directus. */
  language: string | null;
}

interface Person {
  id: string;
  email?: string | null;
  first_name?: string | null;
  last_name?: string | null;
  language?: string | null;
}

/** A session whose token is in a cookie that no script reads. */
const IN_COOKIE = "session";
/** After what the page itself needs. */
const FIRST_RENEWAL_MS = 5_000;
/** As long as a timer can be. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** `otp`: the one-time code of an account with two factors, without which Directus answers `INVALID_OTP`. */
export const login = (api: ApiClient, email: string, password: string, otp?: string): Promise<unknown> =>
  api.post("project", "/auth/login", { email, password, mode: IN_COOKIE, ...(otp && { otp }) });

export const logout = (api: ApiClient): Promise<unknown> => api.post("project", "/auth/logout", { mode: IN_COOKIE });

/** Renews the session of the cookie and gives its milliseconds, undefined where there was none to renew. */
export async function renew(base: string): Promise<number | undefined> {
  const response = await fetch(`${base}/auth/refresh`, {
    method: "POST",
    mode: "same-origin",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ mode: IN_COOKIE }),
  }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const body = (await response.json().catch(() => undefined)) as { data?: { expires?: unknown } } | undefined;
  const expires = body?.data?.expires;
  return typeof expires === "number" ? expires : 0;
}

/** Whether the server knows who sends the cookie. Without an answer nobody is sent away. */
export async function isSignedIn(base: string): Promise<boolean> {
  const address = `${base}/users/me?${encodeQuery({ fields: ["id"] })}`;
  const response = await fetch(address, { mode: "same-origin", credentials: "same-origin", cache: "no-store" }).catch(() => undefined);
  return response === undefined || response.ok || response.status >= 500;
}

/** Renews the session while the page is open, each time before it ends. Gives the way to leave off. */
export function keepSession(base: string): () => void {
  let timer = 0;
  let isOver = false;
  async function next(): Promise<void> {
    const milliseconds = await renew(base);
    if (!isOver && milliseconds) timer = window.setTimeout(next, Math.min(milliseconds / 2, LONGEST_WAIT_MS));
  }
  timer = window.setTimeout(next, FIRST_RENEWAL_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

export async function currentUser(api: ApiClient): Promise<CurrentUser> {
  const [person, globals] = await Promise.all([
    api.get<Person>("project", "/users/me", { fields: ["id", "email", "first_name", "last_name", "language"] }),
    api.get<{ admin_access?: boolean }>("project", "/policies/me/globals"),
  ]);
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  return {
    id: person.id,
    email: person.email ?? null,
    name: name || (person.email ?? person.id),
    isAdmin: globals.admin_access === true,
    language: person.language ?? null,
  };
}
