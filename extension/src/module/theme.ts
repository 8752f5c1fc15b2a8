// Whether Data Studio is dark at the moment. Its themes are many, so the colour of its page is asked.
import { onBeforeUnmount, readonly, ref, type Ref } from "vue";

type Theme = "light" | "dark";

/** Follows Data Studio where its theme changes. */
export function useStudioTheme(): Readonly<Ref<Theme>> {
  const theme = ref(studioTheme());
  const ask = (): void => {
    theme.value = studioTheme();
  };
  // A theme is a style sheet in the head and a class of the body; the system's is behind "automatic".
  const changed = new MutationObserver(ask);
  changed.observe(document.head, { childList: true, subtree: true, characterData: true });
  changed.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", ask);
  onBeforeUnmount(() => {
    changed.disconnect();
    system.removeEventListener("change", ask);
  });
  return readonly(theme);
}

function studioTheme(): Theme {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--theme--background").trim() || "#fff";
  // The browser reads whatever notation the theme has.
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return "light";
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 255, green = 255, blue = 255] = context.getImageData(0, 0, 1, 1).data;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}
