/**
 * Which uploads this browser has begun, so that one that was cut off goes on after a reload.
 *
 * A browser cannot keep hold of a file; when the same file (path, size, time) is chosen again, its
 * upload is found here. Only files of several parts are remembered: small ones are sent again.
 */
import type { UploadIds } from "./jobs";

const KEY = "hounsfield-uploads";
const KEPT_FOR = 24 * 3600 * 1000; // ms; the server forgets open uploads after a day
const MOST = 200;

interface Note extends UploadIds {
  at: number;
}

export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export function fingerprint(path: string, file: { size: number; lastModified: number }): string {
  return `${path}|${String(file.size)}|${String(file.lastModified)}`;
}

export class Memory {
  private readonly store: Store;
  private readonly now: () => number;

  constructor(store: Store, now: () => number = Date.now) {
    this.store = store;
    this.now = now;
  }

  recall(print: string): UploadIds | null {
    const note = this.notes()[print];
    return note ? { pk: note.pk, multipartId: note.multipartId } : null;
  }

  remember(print: string, ids: UploadIds): void {
    const notes = { ...this.notes(), [print]: { ...ids, at: this.now() } };
    this.write(notes);
  }

  forget(print: string): void {
    const others = Object.entries(this.notes()).filter(([known]) => known !== print);
    this.write(Object.fromEntries(others));
  }

  private notes(): Record<string, Note> {
    try {
      const read = JSON.parse(this.store.getItem(KEY) ?? "{}") as Record<string, Note>;
      const young = Object.entries(read).filter(([, note]) => this.now() - note.at < KEPT_FOR);
      return Object.fromEntries(young.slice(-MOST));
    } catch {
      return {};
    }
  }

  private write(notes: Record<string, Note>): void {
    try {
      this.store.setItem(KEY, JSON.stringify(notes));
    } catch {
      // Storage is full or switched off: resuming after a reload is then not possible.
    }
  }
}
