// Signing in and out of the project that serves the page.
import type { ApiClient } from "./client.ts";

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

export const login = (api: ApiClient, email: string, password: string): Promise<unknown> =>
  api.post("project", "/auth/login", { email, password, mode: IN_COOKIE });

export const logout = (api: ApiClient): Promise<unknown> => api.post("project", "/auth/logout", { mode: IN_COOKIE });

/** Renews the session of the cookie; whether there was one to renew. */
export async function renew(base: string): Promise<boolean> {
  const response = await fetch(`${base}/auth/refresh`, {
    method: "POST",
    mode: "same-origin",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ mode: IN_COOKIE }),
  }).catch(() => undefined);
  return response?.ok ?? false;
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
