// Light or dark: as the user chose, else as the system is set.
import { computed, ref } from "vue";

import { readStored, writeStored } from "../storage.ts";
import "./tokens.css";
import "./base.css";

export type ThemeChoice = "auto" | "light" | "dark";

/** Not the user's but the browser's: the screen to sign in has it too. */
const KEY = "palisade.theme";
const CHOICES: readonly unknown[] = ["auto", "light", "dark"];

const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = ref(prefersDark.matches);
prefersDark.addEventListener("change", ({ matches }) => (systemIsDark.value = matches));

const stored = readStored<ThemeChoice>(KEY);
const chosen = ref<ThemeChoice>(stored !== undefined && CHOICES.includes(stored) ? stored : "auto");

export const themeChoice = computed({
  get: () => chosen.value,
  set: (choice) => {
    chosen.value = choice;
    writeStored(KEY, choice);
  },
});

export const theme = computed(() => (chosen.value === "auto" ? (systemIsDark.value ? "dark" : "light") : chosen.value));
