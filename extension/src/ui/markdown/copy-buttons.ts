// Buttons to copy code that stands inside a list or a quote. They are made here, after the text was
// sanitised: nothing in the text can make one.
import { ICONS } from "../components/icons.ts";
import { t } from "../i18n/index.ts";

const SVG = "http://www.w3.org/2000/svg";

export function addCopyButtons(root: ParentNode): void {
  for (const code of root.querySelectorAll("pre")) {
    const text = code.textContent ?? "";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.ariaLabel = t("markdown.copyCode");
    button.title = t("markdown.copyCode");
    button.append(icon());
    button.addEventListener("click", () => void navigator.clipboard.writeText(text).catch(() => undefined));
    const frame = document.createElement("div");
    frame.className = "nested-code";
    code.replaceWith(frame);
    frame.append(code, button);
  }
}

function icon(): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS.copy);
  drawing.append(path);
  return drawing;
}
