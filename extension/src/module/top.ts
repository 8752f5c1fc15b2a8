// How much of the window is above the chat: Data Studio's header has one row or two.
import { onBeforeUnmount, onMounted } from "vue";

const NAME = "--palisade-top";

/** Keeps the distance of an element from the top of the page in a variable of the page's style. */
export function useTop(selector: string): void {
  const root = document.documentElement;
  let frame = 0;

  function measure(): void {
    const element = document.querySelector(selector);
    if (element) root.style.setProperty(NAME, `${Math.round(element.getBoundingClientRect().top + scrollY)}px`);
  }

  // What the change moves is where it belongs by the next frame.
  const resized = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(measure);
  });
  onMounted(() => {
    resized.observe(document.body);
    // One whose contents come late grows without the page.
    for (const header of document.querySelectorAll("header")) resized.observe(header);
    measure();
  });
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame);
    resized.disconnect();
    root.style.removeProperty(NAME);
  });
}
