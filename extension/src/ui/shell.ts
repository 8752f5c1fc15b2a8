// What the code of the interface needs from where it runs: the host's own page, or Data Studio.
import { inject, type InjectionKey } from "vue";

import type { ApiClient } from "./api/client.ts";
import type { Project } from "./api/project.ts";
import type { CurrentUser } from "./api/session.ts";

export interface Shell {
  readonly kind: "page" | "studio";
  readonly api: ApiClient;
  readonly project: Project;
  readonly user: CurrentUser;
  /** Where Data Studio is, for links into it. Undefined where there is none. */
  readonly studio: string | undefined;
  /** What the user looks at in Data Studio. */
  readonly page?: () => { path: string; collection?: string; item?: string; module?: string } | undefined;
}

export const SHELL: InjectionKey<Shell> = Symbol("shell");

export function useShell(): Shell {
  const shell = inject(SHELL);
  if (shell === undefined) throw new Error("there is no shell around this component");
  return shell;
}
