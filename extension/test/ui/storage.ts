// A browser's storage for tests, with as much room as they say.
export function useStorage(room = Infinity): Map<string, string> {
  const values = new Map<string, string>();
  const used = (): number => [...values].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const storage = {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => {
      const before = (values.get(key) ?? "").length;
      if (used() - before + value.length > room) throw new Error("there is no room");
      values.set(key, value);
    },
    removeItem: (key: string) => values.delete(key),
  };
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
  return values;
}
