// The user's conversations, which live in this browser alone.
import { shallowRef, type ShallowRef } from "vue";

import { textOf, type Message } from "../chat/parts.ts";
import { readStored, removeStored, storageKey, writeStored } from "../storage.ts";

export interface Summary {
  id: string;
  title: string;
  /** Whether the user gave the title. */
  named: boolean;
  /** Time of the last change, in milliseconds. */
  at: number;
}

const TITLE_LENGTH = 60;
/** Content that is written into an address (`data:`) is kept up to this length. */
const LONGEST_INLINE = 64 * 1024;

export class ConversationStore {
  /** Newest first. */
  readonly list: ShallowRef<readonly Summary[]> = shallowRef([]);
  /** The browser's storage had no room for the last change. */
  readonly isFull = shallowRef(false);
  readonly #user: string;

  constructor(user: string) {
    this.#user = user;
    this.reload();
  }

  /** Reads the list anew: another window may have changed it. */
  reload(): void {
    const found = readStored<unknown>(this.#indexKey);
    this.list.value = Array.isArray(found) ? found.filter(isSummary).sort((one, other) => other.at - one.at) : [];
  }

  /** Whether a key of the storage is the list of this user. */
  isIndex(key: string | null): boolean {
    return key === this.#indexKey;
  }

  load(id: string): Message[] {
    const found = readStored<unknown>(this.#key(id));
    return Array.isArray(found) ? found.filter(isMessage) : [];
  }

  save(id: string, messages: readonly Message[]): void {
    if (messages.length === 0) return;
    const known = this.list.value.find((one) => one.id === id);
    const title = known?.named ? known.title : titleOf(messages);
    const fits = writeStored(this.#key(id), messages.map(lighter));
    this.isFull.value = !fits;
    if (fits) this.#index([{ id, title, named: known?.named ?? false, at: Date.now() }, ...this.#others(id)]);
  }

  rename(id: string, title: string): void {
    const known = this.list.value.find((one) => one.id === id);
    const text = title.trim();
    if (known === undefined || text === "") return;
    this.#index(this.list.value.map((one) => (one === known ? { ...one, title: text, named: true } : one)));
  }

  remove(id: string): void {
    removeStored(this.#key(id));
    this.#index(this.#others(id));
    this.isFull.value = false;
  }

  removeAll(): void {
    for (const { id } of this.list.value) removeStored(this.#key(id));
    this.#index([]);
    this.isFull.value = false;
  }

  /** Conversations with this text in their title or in what was said. */
  search(text: string): readonly Summary[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === "") return this.list.value;
    return this.list.value.filter(
      ({ id, title }) => title.toLowerCase().includes(wanted) || this.load(id).some((message) => textOf(message).toLowerCase().includes(wanted)),
    );
  }

  get #indexKey(): string {
    return storageKey(this.#user, "conversations");
  }

  #key(id: string): string {
    return storageKey(this.#user, `conversation.${id}`);
  }

  #others(id: string): Summary[] {
    return this.list.value.filter((one) => one.id !== id);
  }

  #index(list: readonly Summary[]): void {
    this.list.value = list;
    if (!writeStored(this.#indexKey, list)) this.isFull.value = true;
  }
}

export function titleOf(messages: readonly Message[]): string {
  const question = messages.find(({ role }) => role === "user");
  const text = (question === undefined ? "" : textOf(question)).replace(/\s+/g, " ").trim();
  if (text === "") return "…";
  return text.length > TITLE_LENGTH ? `${text.slice(0, TITLE_LENGTH).trimEnd()}…` : text;
}

/** Without large contents of files: the storage of a browser has room for 5 MB. */
function lighter(message: Message): Message {
  const isHeavy = (part: Message["parts"][number]): boolean =>
    part.type === "file" && part.url.startsWith("data:") && part.url.length > LONGEST_INLINE;
  if (!message.parts.some(isHeavy)) return message;
  return { ...message, parts: message.parts.map((part) => (isHeavy(part) ? { ...part, url: "" } : part)) as Message["parts"] };
}

function isSummary(found: unknown): found is Summary {
  const one = found as Partial<Summary> | null;
  return typeof one?.id === "string" && typeof one.title === "string" && typeof one.at === "number";
}

function isMessage(found: unknown): found is Message {
  const one = found as Partial<Message> | null;
  return typeof one?.id === "string" && (one.role === "user" || one.role === "assistant") && Array.isArray(one.parts);
}
