// The screens of the settings, by group. What governs the assistant has its place in "oversight",
// what it can reach in "tools".
import type { Component } from "vue";

import type { IconName } from "../components/icons.ts";
import type { MessageKey } from "../i18n/settings.ts";
import AssistantSection from "./assistant/AssistantSection.vue";
import HealthSection from "./health/HealthSection.vue";
import LedgerSection from "./ledger/LedgerSection.vue";
import ModelsSection from "./models/ModelsSection.vue";
import PluginsSection from "./plugins/PluginsSection.vue";
import ProvidersSection from "./providers/ProvidersSection.vue";
import ToolsSection from "./tools/ToolsSection.vue";

export interface Section {
  id: string;
  icon: IconName;
  title: MessageKey;
  component: Component;
}

export interface Group {
  title: MessageKey;
  sections: Section[];
}

export const GROUPS: Group[] = [
  {
    title: "admin.group.models",
    sections: [
      { id: "providers", icon: "external", title: "admin.providers.title", component: ProvidersSection },
      { id: "models", icon: "thought", title: "admin.models.title", component: ModelsSection },
    ],
  },
  {
    title: "admin.group.assistant",
    sections: [{ id: "assistant", icon: "prompt", title: "admin.assistant.title", component: AssistantSection }],
  },
  {
    title: "admin.group.tools",
    sections: [
      { id: "tools", icon: "tool", title: "admin.tools.title", component: ToolsSection },
      { id: "plugins", icon: "add", title: "admin.plugins.title", component: PluginsSection },
    ],
  },
  {
    title: "admin.group.oversight",
    sections: [{ id: "ledger", icon: "item", title: "admin.ledger.title", component: LedgerSection }],
  },
  {
    title: "admin.group.system",
    sections: [{ id: "health", icon: "check", title: "admin.health.title", component: HealthSection }],
  },
];

export const SECTIONS: Section[] = GROUPS.flatMap(({ sections }) => sections);
