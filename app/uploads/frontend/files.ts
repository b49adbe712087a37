/** Files and folders out of a drop or a chooser, with their relative paths. */
import type { Chosen } from "./jobs";

export const MOST_FILES = 20_000;

const CLUTTER = new Set([".ds_store", "thumbs.db", "desktop.ini"]);

export class TooManyFiles extends Error {}

/** Files of an `<input type="file">`, folders included. */
export function fromInput(input: HTMLInputElement): Chosen[] {
  const files = [...(input.files ?? [])];
  return files
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter(({ path }) => isWanted(path));
}

/**
 * Files of a drop, walking through dropped folders.
 *
 * The entries must be taken before the first `await`: the browser empties the list afterwards.
 */
export async function fromDrop(transfer: DataTransfer): Promise<Chosen[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) {
    return [...transfer.files].map((file) => ({ file, path: file.name }));
  }
  const found: Chosen[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

/** Whether a file's name ends as `accept` (".tar,.tar.gz") asks; an empty list takes all. */
export function isAccepted(path: string, accept: string): boolean {
  const endings = accept
    .toLowerCase()
    .split(",")
    .map((ending) => ending.trim())
    .filter((ending) => ending.startsWith("."));
  return endings.length === 0 || endings.some((ending) => path.toLowerCase().endsWith(ending));
}

async function walk(entry: FileSystemEntry, found: Chosen[]): Promise<void> {
  const path = entry.fullPath.replace(/^\/+/, "") || entry.name;
  if (!isWanted(path)) return;
  if (isFile(entry)) {
    if (found.length >= MOST_FILES) throw new TooManyFiles();
    found.push({ file: await fileOf(entry), path });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    for (;;) {
      const batch = await nextEntries(reader); // at most 100 at a time, then again
      if (batch.length === 0) break;
      for (const child of batch) await walk(child, found);
    }
  }
}

function isWanted(path: string): boolean {
  const parts = path.toLowerCase().split("/");
  return !parts.includes("__macosx") && !CLUTTER.has(parts.at(-1) ?? "");
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

function nextEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => {
    reader.readEntries(resolve, reject);
  });
}
