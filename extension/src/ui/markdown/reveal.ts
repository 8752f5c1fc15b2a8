// Shows what comes faster than it can be shown a little at a time.
import { nextTick, onScopeDispose, ref, watch, type Ref } from "vue";

/** Time that showing may take in a frame. */
const SHORT_MS = 5;
const LONG_MS = 10;
const MOST = 32;

/**
 * How many of the blocks are shown: all of a text that is there already, and of one that is coming a few
 * more with each frame, as many as a frame has time for.
 */
export function useReveal(count: () => number, isComing: boolean): Ref<number> {
  const shown = ref(isComing ? 0 : Infinity);
  if (!isComing) return shown;
  let step = 2;
  let isWaiting = false;
  let isOver = false;

  async function reveal(): Promise<void> {
    isWaiting = false;
    if (isOver || shown.value >= count()) return;
    const begun = performance.now();
    shown.value = Math.min(count(), shown.value + step);
    await nextTick();
    const taken = performance.now() - begun;
    if (taken < SHORT_MS) step = Math.min(MOST, step + 1);
    else if (taken > LONG_MS) step = Math.max(1, Math.floor(step / 2));
    soon();
  }

  function soon(): void {
    if (isWaiting || shown.value >= count()) return;
    isWaiting = true;
    // A page in the background has no frames.
    if (document.hidden) setTimeout(reveal, 50);
    else requestAnimationFrame(reveal);
  }

  watch(count, soon, { immediate: true });
  onScopeDispose(() => (isOver = true));
  return shown;
}
