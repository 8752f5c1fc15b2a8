// Files of the user on their way into a conversation.
import type { FileUIPart } from "ai";

import { forgetFile, uploadFile } from "../api/assistant.ts";
import type { ApiClient, UploadOptions } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { t } from "../i18n/index.ts";

export const LARGEST_FILE = 50 * 1024 * 1024;
/** Where a provider stores no files, one of this size goes along in the message itself. */
const LARGEST_INLINE = 1024 * 1024;
const THUMBNAIL_PIXELS = 96;

export interface StoredFile {
  part: FileUIPart;
  thumbnail: string | undefined;
  /** Deletes it at the provider. */
  forget: (() => Promise<void>) | undefined;
}

export async function storeFile(api: ApiClient, provider: string, file: File, options: UploadOptions): Promise<StoredFile> {
  const thumbnail = await thumbnailOf(file);
  try {
    const { fileId, filename, mimeType } = await uploadFile(api, provider, file, options);
    const part: FileUIPart = { type: "file", mediaType: mimeType, url: fileId, filename, providerMetadata: { palisade: { fileId } } };
    return { part, thumbnail, forget: () => forgetFile(api, fileId) };
  } catch (error) {
    const hasNoStorage = error instanceof ApiError && error.status === 400;
    if (!hasNoStorage || !/^(image|text)\//.test(file.type)) throw error;
    if (file.size > LARGEST_INLINE) throw new Error(t("file.noStorage"), { cause: error });
    return { part: { type: "file", mediaType: file.type, url: await dataUrl(file), filename: file.name }, thumbnail, forget: undefined };
  }
}

function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error(file.type));
    reader.readAsDataURL(file);
  });
}

/** A small picture of an image, drawn anew: nothing else of the file is in it. */
async function thumbnailOf(file: File): Promise<string | undefined> {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type)) return undefined;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, THUMBNAIL_PIXELS / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    return canvas.toDataURL("image/jpeg", 0.7);
  } catch {
    // Not an image after all. The host says so when it gets it.
    return undefined;
  }
}
