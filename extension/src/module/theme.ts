// Whether Data Studio is dark at the moment. Its themes are many, so the colour of its page is asked.

export function studioTheme(): "light" | "dark" {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--theme--background").trim() || "#fff";
  // The browser reads whatever notation the theme has.
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return "light";
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 255, green = 255, blue = 255] = context.getImageData(0, 0, 1, 1).data;
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
}
