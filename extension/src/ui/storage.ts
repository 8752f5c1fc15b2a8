// Values in the browser's storage, each user's apart: one browser may have several.
import { type Ref, ref, watch } from "vue";

const PREFIX = "palisade";

export const storageKey = (user: string, name: string): string => `${PREFIX}.${user}.${name}`;

export function readStored<Value>(key: string): Value | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as Value);
  } catch {
    // Not readable, or not ours: as good as nothing.
    return undefined;
  }
}

/** Whether there was room. */
export function writeStored(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function removeStored(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing has nothing to remove.
  }
}

/** A value that outlives the page. `isValid` judges what was found. */
export function useStored<Value>(key: string, initial: Value, isValid: (found: unknown) => boolean): Ref<Value> {
  const found = readStored<Value>(key);
  const value = ref(found !== undefined && isValid(found) ? found : initial) as Ref<Value>;
  watch(value, (now) => writeStored(key, now), { deep: true });
  return value;
}
