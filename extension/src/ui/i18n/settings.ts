// Texts of the settings and of what else is loaded when it is opened: the chat doesn't carry them.
import { translator } from "./index.ts";
import de from "./settings.de.json";
import en from "./settings.en.json";

export type MessageKey = keyof typeof en;

export const t = translator({ en, de });
