/** What Uppy's types are filled with here. */
import type { UppyFile } from "@uppy/core";

/** What the server knows an upload by. */
export interface UploadIds {
  pk: string;
  multipartId: string;
}

export interface UploadMeta {
  /** The path within the chosen or dropped folder; null for a file that was chosen by itself. */
  relativePath?: string | null;
  [key: string]: unknown;
}

/** What is known of a file when all of it has arrived. */
export interface Arrived {
  pk: string;
  [key: string]: unknown;
}

export type Item = UppyFile<UploadMeta, Arrived>;

/** The path that the form posts beside the id of a file: headers name their data files by it. */
export function pathOf(item: Pick<Item, "name" | "meta">): string {
  return item.meta.relativePath?.replace(/^\/+/, "") || item.name || "file";
}

export function pkOf(item: Item): string {
  return item.response?.body?.pk ?? "";
}
