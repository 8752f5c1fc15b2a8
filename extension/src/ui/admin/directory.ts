// Names of the project's roles and users, where the administrator may read them.
import { ref } from "vue";

import type { ApiClient } from "../api/client.ts";

export interface Role {
  id: string;
  name: string;
}

export interface Person {
  id: string;
  name: string;
}

interface User {
  id: string;
  email?: string | null;
  first_name?: string | null;
  last_name?: string | null;
}

/** Users that can be chosen from a list; in a larger project, the first ones. */
const USERS_AT_MOST = 500;

export function useDirectory(api: ApiClient) {
  const roles = ref<Role[]>([]);
  const people = ref<Person[]>([]);

  async function loadRoles(): Promise<void> {
    roles.value = await api.get<Role[]>("project", "/roles", { fields: ["id", "name"], sort: ["name"], limit: -1 });
  }

  async function loadPeople(): Promise<void> {
    const fields = ["id", "email", "first_name", "last_name"];
    const users = await api.get<User[]>("project", "/users", { fields, sort: ["email"], limit: USERS_AT_MOST });
    people.value = users.map((user) => ({ id: user.id, name: nameOf(user) }));
  }

  /** What somebody is called; the id where that isn't known. */
  function personName(id: string): string {
    return people.value.find((person) => person.id === id)?.name ?? id;
  }

  return { roles, people, loadRoles, loadPeople, personName };
}

function nameOf({ id, email, first_name, last_name }: User): string {
  const name = [first_name, last_name].filter(Boolean).join(" ");
  if (name !== "" && email) return `${name} (${email})`;
  return name || (email ?? id);
}
