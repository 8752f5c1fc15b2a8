// All that the screens of one user share: models, tools and their modes, conversations, the open chat.
import { computed, inject, onScopeDispose, ref, shallowRef, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from "vue";

import { loadModels, loadTools, modelKey, type Model, type Tool } from "../api/assistant.ts";
import { explain } from "../api/errors.ts";
import { ConversationStore } from "../conversations/store.ts";
import type { Shell } from "../shell.ts";
import { storageKey, useStored } from "../storage.ts";
import { useToolModes, type ToolModes } from "../tools-settings/modes.ts";
import { ChatSession } from "./session.ts";

export interface Assistant {
  /** Undefined until they are loaded. */
  readonly models: ShallowRef<readonly Model[] | undefined>;
  readonly model: ComputedRef<Model | undefined>;
  readonly tools: ShallowRef<readonly Tool[]>;
  readonly toolModes: Ref<ToolModes>;
  readonly conversations: ConversationStore;
  readonly session: ShallowRef<ChatSession>;
  /** Why models and tools could not be loaded. */
  readonly loadError: Ref<string | undefined>;
  choose(model: Model): void;
  load(): Promise<void>;
  open(id: string): void;
  startNew(): void;
  remove(id: string): void;
}

export const ASSISTANT: InjectionKey<Assistant> = Symbol("assistant");

export function useAssistant(): Assistant {
  const assistant = inject(ASSISTANT);
  if (assistant === undefined) throw new Error("there is no assistant around this component");
  return assistant;
}

const isText = (found: unknown): boolean => typeof found === "string";

export function createAssistant(shell: Shell): Assistant {
  const { api, user } = shell;
  const models = shallowRef<readonly Model[]>();
  const tools = shallowRef<readonly Tool[]>([]);
  const toolModes = useToolModes(user.id);
  const chosen = useStored<string>(storageKey(user.id, "model"), "", isText);
  const opened = useStored<string>(storageKey(user.id, "open-conversation"), "", isText);
  const loadError = ref<string>();
  const model = computed(() => models.value?.find((one) => modelKey(one) === chosen.value) ?? models.value?.[0]);
  const conversations = new ConversationStore(user.id);

  const onStorage = ({ key }: StorageEvent): void => {
    if (conversations.isIndex(key)) conversations.reload();
  };
  window.addEventListener("storage", onStorage);
  /** Conversations that are being answered while another is shown. */
  const background = new Map<string, ChatSession>();
  onScopeDispose(() => {
    window.removeEventListener("storage", onStorage);
    for (const one of [session.value, ...background.values()]) one.dispose();
  });

  function sessionOf(id: string): ChatSession {
    return new ChatSession({
      id,
      messages: conversations.load(id),
      api,
      settings: () => ({ model: model.value, toolModes: toolModes.value, page: shell.page?.() }),
      onChange: (messages) => {
        // One that was deleted meanwhile stays so.
        if (session.value.id === id || conversations.list.value.some((one) => one.id === id)) conversations.save(id, messages);
      },
    });
  }

  function show(id: string): void {
    const before = session.value;
    opened.value = id;
    session.value = background.get(id) ?? sessionOf(id);
    background.delete(id);
    if (before.isRunning.value) background.set(before.id, before);
    else before.dispose();
  }

  async function load(): Promise<void> {
    loadError.value = undefined;
    try {
      [models.value, tools.value] = await Promise.all([loadModels(api), loadTools(api)]);
    } catch (error) {
      loadError.value = explain(error);
    }
  }

  const startNew = (): void => show(crypto.randomUUID());
  const isKnown = conversations.list.value.some(({ id }) => id === opened.value);
  const session = shallowRef(sessionOf(isKnown ? opened.value : crypto.randomUUID()));
  opened.value = session.value.id;

  return {
    models,
    model,
    tools,
    toolModes,
    conversations,
    session,
    loadError,
    choose: (one) => (chosen.value = modelKey(one)),
    load,
    open: (id) => id !== session.value.id && show(id),
    startNew,
    remove: (id) => {
      if (id === session.value.id) startNew();
      conversations.remove(id);
      background.get(id)?.dispose();
      background.delete(id);
    },
  };
}
