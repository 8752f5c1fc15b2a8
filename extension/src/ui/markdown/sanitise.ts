// The second wall: of what the renderer wrote, only what is on these lists reaches the page.
import createDOMPurify, { type Config } from "dompurify";

const purify = createDOMPurify(window);

const CONFIG: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "strong", "em", "s", "del", "small", "code", "pre", "blockquote", "a"],
    ...["ul", "ol", "li", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "title", "target", "rel", "start", "align"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  // None of these is an address, which the expression above is about.
  ADD_URI_SAFE_ATTR: ["target", "rel", "start", "align"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  KEEP_CONTENT: true,
  RETURN_DOM_FRAGMENT: true,
};

purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  // Whoever wrote it, a link opens elsewhere and learns nothing of this page.
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
});

export function sanitise(html: string): DocumentFragment {
  return purify.sanitize(html, CONFIG) as unknown as DocumentFragment;
}
