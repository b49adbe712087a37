/**
 * What this browser has sent and begun to send, so that a visit that was cut off goes on.
 *
 * A browser cannot keep hold of a file, and a copy of it would leave a patient's images behind on
 * the machine. When the same file (path, size, time) is chosen again, its upload is found here.
 */
import type { UploadIds } from "./types";

const KEY = "hounsfield-uploads";
const KEPT_FOR = 24 * 3600 * 1000; // ms; the server forgets open uploads after a day
const MOST = 10_000;
const WRITE_AFTER = 1000; // ms

interface Note {
  pk: string;
  /** Empty once all of the file has arrived. */
  multipartId: string;
  at: number;
}

export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** What tells a file from others; a hash, since paths may hold the names of patients. */
export function fingerprint(path: string, file: { size: number; lastModified?: number }): string {
  const hash = hashOf(`${path}|${String(file.size)}|${String(file.lastModified ?? 0)}`);
  return `${hash}-${file.size.toString(36)}`;
}

/** Written at most once a second, since thousands of files may arrive within one. */
export class Memory {
  private readonly store: Store;
  private readonly now: () => number;
  private readonly changes = new Map<string, Note | null>();
  private known: Record<string, Note> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, now: () => number = Date.now) {
    this.store = store;
    this.now = now;
  }

  recall(print: string): UploadIds | null {
    this.known ??= this.read();
    const changed = this.changes.get(print);
    const note = changed === undefined ? this.known[print] : changed;
    if (!note || this.now() - note.at >= KEPT_FOR) return null;
    return { pk: note.pk, multipartId: note.multipartId };
  }

  remember(print: string, ids: UploadIds): void {
    this.change(print, { ...ids, at: this.now() });
  }

  forget(print: string): void {
    this.change(print, null);
  }

  /** Write down what changed, beside what other tabs wrote. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.changes.size === 0) return;
    const notes = new Map(Object.entries(this.read()));
    for (const [print, note] of this.changes) {
      notes.delete(print);
      if (note) notes.set(print, note);
    }
    this.changes.clear();
    this.known = Object.fromEntries([...notes].slice(-MOST));
    try {
      this.store.setItem(KEY, JSON.stringify(this.known));
    } catch {
      // Storage is full or switched off: resuming after a reload is then not possible.
    }
  }

  private change(print: string, note: Note | null): void {
    this.changes.set(print, note);
    this.timer ??= setTimeout(() => {
      this.flush();
    }, WRITE_AFTER);
  }

  private read(): Record<string, Note> {
    try {
      const read = JSON.parse(this.store.getItem(KEY) ?? "{}") as Record<string, Note>;
      const young = Object.entries(read).filter(([, note]) => this.now() - note.at < KEPT_FOR);
      return Object.fromEntries(young);
    } catch {
      return {};
    }
  }
}

/** FNV-1a, forwards and backwards: names a file, protects nothing. */
function hashOf(text: string): string {
  let forwards = 0x811c9dc5;
  let backwards = 0xcbf29ce4;
  for (let at = 0; at < text.length; at += 1) {
    forwards = Math.imul(forwards ^ text.charCodeAt(at), 0x01000193);
    backwards = Math.imul(backwards ^ text.charCodeAt(text.length - 1 - at), 0x01000193);
  }
  return `${(forwards >>> 0).toString(36)}.${(backwards >>> 0).toString(36)}`;
}
