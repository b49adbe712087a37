/** What was done and is not acknowledged yet, kept in the browser: it outlives the page, the connection and the browser. */

import type { Change } from "./annotations";

export interface Kept {
  /** Place in the buffer; grows. */
  readonly order: number;
  readonly change: Change;
  /** Whether it outlives the page. */
  readonly lasting: boolean;
}

export interface Buffer {
  /** Everything that waits, oldest first. */
  all(): Promise<readonly Kept[]>;
  /** Adds at the end, and takes others out in the same step; resolves once it is on disk. */
  add(changes: readonly Change[], replaced?: readonly number[]): Promise<readonly Kept[]>;
  remove(orders: readonly number[]): Promise<void>;
  /** One small thing beside the changes: the mark that is half drawn. */
  draft(): Promise<unknown>;
  keepDraft(draft: unknown): Promise<void>;
}

/** Where the browser keeps nothing (private windows of some): as good as the page lives. */
export class MemoryBuffer implements Buffer {
  protected readonly lasting: boolean = false;
  private list: readonly Kept[] = [];
  private next = 1;
  private half: unknown = null;

  all(): Promise<readonly Kept[]> {
    return Promise.resolve(this.list);
  }

  add(changes: readonly Change[], replaced: readonly number[] = []): Promise<readonly Kept[]> {
    const added = changes.map((change) => ({ order: this.next++, change, lasting: this.lasting }));
    this.list = [...this.list.filter(({ order }) => !replaced.includes(order)), ...added];
    return Promise.resolve(added);
  }

  remove(orders: readonly number[]): Promise<void> {
    this.list = this.list.filter(({ order }) => !orders.includes(order));
    return Promise.resolve();
  }

  draft(): Promise<unknown> {
    return Promise.resolve(this.half);
  }

  keepDraft(draft: unknown): Promise<void> {
    this.half = draft;
    return Promise.resolve();
  }
}

const DATABASE = "hounsfield-annotations";
const CHANGES = "changes";
const DRAFTS = "drafts";

interface Row {
  readonly order?: number;
  readonly place: string;
  readonly change: Change;
}

/** `place`: whose, and of which display set; a browser may be shared. */
export class DiskBuffer implements Buffer {
  private readonly database: IDBDatabase;
  private readonly place: string;

  private constructor(database: IDBDatabase, place: string) {
    this.database = database;
    this.place = place;
  }

  static async open(place: string): Promise<Buffer> {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        const changes = request.result.createObjectStore(CHANGES, { keyPath: "order", autoIncrement: true });
        changes.createIndex("place", "place");
        request.result.createObjectStore(DRAFTS);
      };
      return new DiskBuffer(await inTime(result(request)), place);
    } catch {
      return new MemoryBuffer();
    }
  }

  async all(): Promise<readonly Kept[]> {
    const store = this.database.transaction(CHANGES).objectStore(CHANGES);
    const rows = (await result(store.index("place").getAll(this.place))) as readonly Required<Row>[];
    return rows.map(({ order, change }) => ({ order, change, lasting: true })).sort((a, b) => a.order - b.order);
  }

  async add(changes: readonly Change[], replaced: readonly number[] = []): Promise<readonly Kept[]> {
    const transaction = this.database.transaction(CHANGES, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(CHANGES);
    const done = finished(transaction);
    replaced.forEach((order) => store.delete(order));
    const orders = changes.map((change) => result(store.add({ place: this.place, change } satisfies Row)) as Promise<number>);
    const kept = await Promise.all(orders.map(async (order, index) => ({ order: await order, change: changes[index] as Change, lasting: true })));
    await done;
    return kept;
  }

  async remove(orders: readonly number[]): Promise<void> {
    if (orders.length === 0) return;
    const transaction = this.database.transaction(CHANGES, "readwrite");
    const done = finished(transaction);
    orders.forEach((order) => transaction.objectStore(CHANGES).delete(order));
    await done;
  }

  draft(): Promise<unknown> {
    return result(this.database.transaction(DRAFTS).objectStore(DRAFTS).get(this.place));
  }

  async keepDraft(draft: unknown): Promise<void> {
    const transaction = this.database.transaction(DRAFTS, "readwrite");
    const done = finished(transaction);
    const store = transaction.objectStore(DRAFTS);
    if (draft === null) store.delete(this.place);
    else store.put(draft, this.place);
    await done;
  }
}

/** Opening may wait for ever on another window: saving must not. */
const PATIENCE = 5000;

function inTime<T>(work: Promise<T>): Promise<T> {
  return Promise.race([
    work,
    new Promise<T>((_resolve, reject) => { setTimeout(() => { reject(new Error("The browser's storage does not answer.")); }, PATIENCE); }),
  ]);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error("The browser's storage failed.")); };
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => { resolve(); };
    transaction.onabort = transaction.onerror = () => { reject(transaction.error ?? new Error("The browser's storage failed.")); };
  });
}
