// Why the host asks, in the user's language. It gives its reasons as English sentences; one that isn't
// known here is shown as it is.
import { t, type MessageKey } from "../i18n/index.ts";
import { visible } from "../text.ts";

const KNOWN: Readonly<Record<string, MessageKey>> = {
  "Your administrator has this tool ask before each call.": "reason.ceiling",
  "You set this tool to ask before each call.": "reason.user",
  "This workspace asks before every tool call.": "reason.workspace",
  "This call adds data.": "reason.adds",
  "This call changes or removes data.": "reason.destroys",
  "This call reaches beyond this project.": "reason.openWorld",
  "This conversation holds text from outside, which may have asked for this call.": "reason.untrusted",
};

export function reasonInWords(reason: string): string {
  const key = Object.hasOwn(KNOWN, reason) ? KNOWN[reason] : undefined;
  return key === undefined ? visible(reason) : t(key);
}
