// What goes along with the next question: items of the project, prompts, files.
import type { FileUIPart } from "ai";
import { reactive } from "vue";

import type { ApiClient } from "../api/client.ts";
import { explain } from "../api/errors.ts";
import type { Attachment } from "../chat/parts.ts";
import { formatBytes, t } from "../i18n/index.ts";
import { LARGEST_FILE, storeFile, type StoredFile } from "./files.ts";

/** What the host takes of one message. */
export const MOST_ATTACHMENTS = 10;

export interface AttachedFile {
  kind: "file";
  id: string;
  file: File;
  state: "storing" | "stored" | "failed";
  /** The provider that has it. */
  provider: string | undefined;
  stored?: StoredFile;
  problem?: string;
  /** How much of it has been sent, from 0 to 1; undefined where nobody knows. */
  sent?: number | undefined;
  abort: AbortController;
}

export interface AttachedData {
  kind: "data";
  id: string;
  attachment: Attachment;
}

export type Attached = AttachedFile | AttachedData;

export interface Taken {
  files: FileUIPart[];
  items: Attachment[];
  thumbnails: Record<string, string>;
}

export class Attachments {
  readonly list: Attached[] = reactive([]);
  readonly #api: ApiClient;
  readonly #provider: () => string | undefined;

  constructor(api: ApiClient, provider: () => string | undefined) {
    this.#api = api;
    this.#provider = provider;
  }

  /** Whether all files are where the chosen model can read them. */
  get isReady(): boolean {
    return this.list.every((one) => one.kind === "data" || (one.state === "stored" && one.provider === this.#provider()));
  }

  get isFull(): boolean {
    return this.list.length >= MOST_ATTACHMENTS;
  }

  addData(attachment: Attachment): void {
    if (!this.isFull) this.list.push({ kind: "data", id: crypto.randomUUID(), attachment });
  }

  addFiles(files: readonly File[]): void {
    for (const file of files) {
      if (this.isFull) return;
      this.list.push({ kind: "file", id: crypto.randomUUID(), file, state: "storing", provider: undefined, abort: new AbortController() });
      // As the page watches it.
      void this.#store(this.list.at(-1) as AttachedFile);
    }
  }

  /** Stores files anew that another provider has, or that failed. */
  storeAgain(): void {
    const provider = this.#provider();
    for (const one of this.list) {
      if (one.kind !== "file" || one.state === "storing" || (one.state === "stored" && one.provider === provider)) continue;
      void one.stored?.forget?.().catch(() => undefined);
      void this.#store(one);
    }
  }

  remove(id: string): void {
    const at = this.list.findIndex((one) => one.id === id);
    const [removed] = at < 0 ? [] : this.list.splice(at, 1);
    if (removed?.kind !== "file") return;
    removed.abort.abort();
    void removed.stored?.forget?.().catch(() => undefined);
  }

  /** Gives all of them away, for a message. */
  take(): Taken {
    const taken: Taken = { files: [], items: [], thumbnails: {} };
    for (const one of this.list.splice(0)) {
      if (one.kind === "data") taken.items.push(one.attachment);
      else if (one.stored) {
        taken.files.push({ ...one.stored.part });
        if (one.stored.thumbnail) taken.thumbnails[one.stored.part.url] = one.stored.thumbnail;
      }
    }
    return taken;
  }

  dispose(): void {
    for (const { id } of [...this.list]) this.remove(id);
  }

  async #store(one: AttachedFile): Promise<void> {
    const provider = this.#provider();
    Object.assign(one, { state: "storing", provider, problem: undefined });
    try {
      if (provider === undefined) throw new Error(t("chat.noModel"));
      if (one.file.size > LARGEST_FILE) throw new Error(t("file.tooLarge", { size: formatBytes(LARGEST_FILE) }));
      const onProgress = (fraction: number): void => {
        // What is sent isn't stored yet: the provider has to take it.
        one.sent = fraction < 1 ? fraction : undefined;
      };
      const stored = await storeFile(this.#api, provider, one.file, { signal: one.abort.signal, onProgress });
      Object.assign(one, { stored, state: "stored" });
    } catch (error) {
      Object.assign(one, { state: "failed", problem: explain(error) });
    }
  }
}
