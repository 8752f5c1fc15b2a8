// How screens load what they show, and do what they are told.
import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { explain } from "../api/errors.ts";

export interface Loaded<Data> {
  data: ShallowRef<Data | undefined>;
  error: Ref<string | undefined>;
  isLoading: Ref<boolean>;
  reload: () => Promise<void>;
}

/** Loads when the component is shown, and again on demand. The last load counts. */
export function useLoad<Data>(load: () => Promise<Data>): Loaded<Data> {
  const data = shallowRef<Data>();
  const error = ref<string>();
  const isLoading = ref(true);
  let newest = 0;

  async function reload(): Promise<void> {
    const mine = ++newest;
    isLoading.value = true;
    error.value = undefined;
    try {
      const found = await load();
      if (mine === newest) data.value = found;
    } catch (problem) {
      if (mine === newest) error.value = explain(problem);
    } finally {
      if (mine === newest) isLoading.value = false;
    }
  }

  onMounted(reload);
  return { data, error, isLoading, reload };
}

export interface Action<Args extends unknown[]> {
  isRunning: Ref<boolean>;
  error: Ref<string | undefined>;
  /** Whether the last run went well. */
  isDone: Ref<boolean>;
  run: (...args: Args) => Promise<boolean>;
  reset: () => void;
}

export function useAction<Args extends unknown[]>(action: (...args: Args) => Promise<unknown>): Action<Args> {
  const isRunning = ref(false);
  const error = ref<string>();
  const isDone = ref(false);

  function reset(): void {
    error.value = undefined;
    isDone.value = false;
  }

  async function run(...args: Args): Promise<boolean> {
    if (isRunning.value) return false;
    reset();
    isRunning.value = true;
    try {
      await action(...args);
      isDone.value = true;
    } catch (problem) {
      error.value = explain(problem);
    } finally {
      isRunning.value = false;
    }
    return isDone.value;
  }

  return { isRunning, error, isDone, run, reset };
}
