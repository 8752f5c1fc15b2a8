// Markdown to HTML. No HTML of the text gets through, no address is asked for, and a link says where
// it leads.
import MarkdownIt from "markdown-it";

import { t } from "../i18n/index.ts";
import { readable } from "../text.ts";

const markdown = new MarkdownIt("default", { html: false, linkify: true, typographer: false, breaks: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = (address) => webAddress(address) !== undefined || /^mailto:[^\s<>]+$/i.test(address);

const { rules } = markdown.renderer;

// The message has a place in the page's outline already.
rules["heading_open"] = (tokens, index) => `<${lower(tokens[index]?.tag)}>`;
rules["heading_close"] = (tokens, index) => `</${lower(tokens[index]?.tag)}>\n`;

// Alignment as an attribute: the page's policy allows no styles in the text.
for (const name of ["th_open", "td_open"]) {
  rules[name] = (tokens, index) => {
    const token = tokens[index];
    const align = /text-align:(left|center|right)/.exec(String(token?.attrGet("style") ?? ""))?.[1];
    return `<${token?.tag}${align === undefined ? "" : ` align="${align}"`}>`;
  };
}

rules["link_open"] = (tokens, index) => {
  const address = String(tokens[index]?.attrGet("href") ?? "");
  return `<a href="${escapeHtml(address)}" title="${escapeHtml(address)}" target="_blank" rel="noopener noreferrer nofollow">`;
};

// The name of the host stands behind a text that doesn't say it, or says another.
rules["link_close"] = (tokens, index) => {
  let open = index - 1;
  while (open > 0 && tokens[open]?.type !== "link_open") open -= 1;
  const host = webAddress(String(tokens[open]?.attrGet("href") ?? ""))?.host;
  const text = tokens.slice(open + 1, index).map(({ content }) => content).join("");
  const isSaid = host === undefined || text.replace(/^https?:\/\//, "").startsWith(`${host}/`) || text.replace(/^https?:\/\//, "") === host;
  return isSaid ? "</a>" : `</a> <small>(${escapeHtml(host)})</small>`;
};

// Asking for an image tells its server who reads this, and what an address can hold. So it is a link.
rules["image"] = (tokens, index) => {
  const token = tokens[index];
  const address = webAddress(String(token?.attrGet("src") ?? ""));
  const name = escapeHtml(token?.content || t("markdown.image"));
  if (address === undefined) return `<em>${name}</em>`;
  const href = escapeHtml(address.href);
  return `<a href="${href}" title="${href}" target="_blank" rel="noopener noreferrer nofollow">${name}</a> <small>(${t("markdown.imageAt", { host: escapeHtml(address.host) })})</small>`;
};

/** HTML that is yet to be sanitised. */
export function renderMarkdown(text: string): string {
  return markdown.render(readable(text));
}

function webAddress(address: string): URL | undefined {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  // A name before the host is there to look like one.
  return url.username === "" && url.password === "" ? url : undefined;
}

const lower = (tag = "h1"): string => `h${Math.min(6, Number(tag.slice(1)) + 2)}`;

const escapeHtml = (text: string): string => markdown.utils.escapeHtml(text);
