// What runs beside Directus: the host as a supervised child where none is named, and Data Studio's
// own panel where the administrator wants it.
import type { ExtensionContext, HookRegistry } from "./directus.ts";
import { connect } from "./host.ts";
import { isOn, text } from "./settings.ts";
import { panel } from "./studio/panel.ts";

export default ({ init, action }: HookRegistry, context: ExtensionContext): void => {
  const { env, logger } = context;
  const host = connect(env, logger);
  // Only the process that serves sends these; commands such as `directus bootstrap` do not.
  action("server.start", ({ server }) => host.start(server.address()));
  action("server.stop", () => host.stop());
  if (isOn(text(env, "PALISADE_STUDIO_PANEL"))) {
    init("routes.before", ({ app }) => app.use("/ai", panel(host, context)));
  }
};
