// Markdown to HTML. No HTML of the text gets through, no address is asked for, and a link says where
// it leads.
import MarkdownIt, { type Env } from "markdown-it";

import { t } from "../i18n/index.ts";
import { readable } from "../text.ts";

const markdown = new MarkdownIt("default", { html: false, linkify: true, typographer: false, breaks: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = (address) => webAddress(address) !== undefined || /^mailto:[^\s<>]+$/i.test(address);

const { rules } = markdown.renderer;

// The page has its own first heading; those of a text come below it, whichever the text begins with.
rules["heading_open"] = (tokens, index, _, env?: Env) => `<${lower(tokens[index]?.tag, env)}>`;
rules["heading_close"] = (tokens, index, _, env?: Env) => `</${lower(tokens[index]?.tag, env)}>\n`;

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


/** HTML that is yet to be sanitised. `topHeading` is the level that the text's headings begin with. */
export function renderMarkdown(text: string, topHeading = 1): string {
  return markdown.render(readable(text), { topHeading });
}

/** The level of the first heading of a text, undefined where there is none yet. */
export function topHeading(text: string): number | undefined {
  return /^ {0,3}(#{1,6})[ \t]/m.exec(text)?.[1]?.length;
}

function webAddress(address: string): URL | undefined {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  // A name before the host is there to look like one.
  return url.username === "" && url.password === "" ? url : undefined;
}

function lower(tag = "h1", env: Env = {}): string {
  const top = typeof env["topHeading"] === "number" ? env["topHeading"] : 1;
  return `h${Math.min(6, 2 + Math.max(0, Number(tag.slice(1)) - top))}`;
}

const escapeHtml = (text: string): string => markdown.utils.escapeHtml(text);
