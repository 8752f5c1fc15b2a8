// What the host offers to a user: models, tools, places for files.
import type { ApiClient, UploadOptions } from "./client.ts";

export interface Model {
  provider: string;
  model: string;
  name: string | null;
  /** Tokens that a conversation may have, and an answer. */
  context: number | null;
  output: number | null;
  /** What it can do, kinds of files that it reads among it. */
  capabilities?: readonly string[];
  reasoning?: boolean;
  price?: Price | null;
}

/** In US dollars for a million tokens. */
export interface Price {
  input: number;
  output: number;
  cached?: number | null;
  cache_write?: number | null;
}

export type ToolMode = "always" | "ask" | "disabled";

export interface Tool {
  name: string;
  description: string;
  inputSchema: unknown;
  source: string;
  /** The plugin that it is from. */
  component?: string;
  readOnly: boolean;
  destructive: boolean;
  openWorld: boolean;
  clientSide: boolean;
  /** How far this user may open it. */
  ceiling: ToolMode;
}

export interface UploadedFile {
  provider: string;
  fileId: string;
  filename: string;
  mimeType: string;
  sizeBytes: number;
  expiresAt: string | null;
}

export const loadModels = (api: ApiClient): Promise<Model[]> => api.get("assistant", "/ai/models");
export const loadTools = (api: ApiClient): Promise<Tool[]> => api.get("assistant", "/ai/tools");

/** Brings a file into the storage of a provider. */
export function uploadFile(api: ApiClient, provider: string, file: File, options?: UploadOptions): Promise<UploadedFile> {
  const form = new FormData();
  // In front of the file, so that the host can pass that on while it arrives.
  form.append("provider", provider);
  form.append("file", file, file.name);
  return api.upload("assistant", "/ai/files", form, options);
}

export const forgetFile = (api: ApiClient, fileId: string): Promise<void> =>
  api.delete("assistant", `/ai/files/${encodeURIComponent(fileId)}`);

export const modelKey = ({ provider, model }: Pick<Model, "provider" | "model">): string => `${provider}/${model}`;
