/** Uppy, so that a list of thousands neither freezes the page nor floods it with messages. */
import Uppy, { type MinimalRequiredUppyFile, type State, type UppyOptions } from "@uppy/core";
import DefaultStore, { type Listener } from "@uppy/store-default";

import { isAccepted, isWanted, MOST_FILES, refusedText } from "./files";
import { pathOf, type Arrived, type Item, type UploadMeta } from "./types";
import { filesText } from "./words";

type Everything = State<UploadMeta, Arrived>;
type Addition = MinimalRequiredUppyFile<UploadMeta, Arrived>;

const TELL_EVERY = 150; // ms
const ADDED_AT_ONCE = 25; // each addition copies the list of all files
const MOST_MESSAGES = 3;
const SILENT = { debug: () => undefined, warn: () => undefined, error: () => undefined };

/** Keeps state at once and tells of it a few times a second; every telling draws the list anew. */
class CalmStore extends DefaultStore<Everything> {
  private readonly listeners = new Set<Listener<Everything>>();
  private told: Everything = this.state;
  tellings = 0;
  private toldAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override setState(patch?: Partial<Everything>): void {
    this.state = { ...this.state, ...patch };
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.toldAt + TELL_EVERY - performance.now());
    if (wait === 0) this.tell();
    else this.timer = setTimeout(() => {
      this.tell();
    }, wait);
  }

  override subscribe(listener: Listener<Everything>): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private tell(): void {
    this.timer = undefined;
    this.tellings += 1;
    this.toldAt = performance.now();
    const before = this.told;
    this.told = this.state;
    for (const listener of this.listeners) listener(before, this.state, this.state);
  }
}

export interface Wishes {
  accept: string;
  isMultiple: boolean;
  startsByItself: boolean;
  locale: UppyOptions<UploadMeta, Arrived>["locale"];
}

export class SteadyUppy extends Uppy<UploadMeta, Arrived> {
  private readonly accept: string;
  private readonly isMultiple: boolean;
  private readonly calm: CalmStore;
  private copy: Everything["files"] | null = null;
  private copiedIn = -1;
  private queue: Addition[] = [];
  private refused: string[] = [];
  /** How many files have ever been offered: tells an empty folder from a full one. */
  offered = 0;

  constructor(wishes: Wishes) {
    const calm = new CalmStore();
    super({
      autoProceed: wishes.startsByItself,
      restrictions: { maxNumberOfFiles: wishes.isMultiple ? null : 1 },
      store: calm,
      logger: SILENT,
      onBeforeFileAdded: (item, items) => this.judge(item, items),
      ...(wishes.locale ? { locale: wishes.locale } : {}),
    });
    this.calm = calm;
    this.accept = wishes.accept;
    this.isMultiple = wishes.isMultiple;
  }

  get isAdding(): boolean {
    return this.queue.length > 0;
  }

  /** Take files in small groups, leaving the page time between them. */
  override addFiles(files: Addition[]): void {
    this.offered += files.length;
    const there = this.queue.length + Object.keys(this.getState().files).length;
    if (there + files.length > MOST_FILES) {
      this.info(`At most ${filesText(MOST_FILES)} at a time.`, "error");
      return;
    }
    const wasAdding = this.isAdding;
    this.queue.push(...files);
    if (!wasAdding) this.addNext();
  }

  /** Copy the list once for each telling: once for each change is a second for every hundred. */
  override setFileState(id: string, patch: Partial<Item>): void {
    const { files } = this.getState();
    const item = files[id];
    if (!item) {
      super.setFileState(id, patch); // which says what is wrong
      return;
    }
    if (this.copy !== files || this.copiedIn !== this.calm.tellings) {
      this.copy = { ...files };
      this.copiedIn = this.calm.tellings;
    }
    this.copy[id] = { ...item, ...patch } as Item;
    this.setState({ files: this.copy });
  }

  override cancelAll(): void {
    this.queue = [];
    super.cancelAll();
  }

  /** One thing at a time: a thousand equal messages help nobody. */
  override info(...args: Parameters<Uppy<UploadMeta, Arrived>["info"]>): void {
    if (this.getState().info.length < MOST_MESSAGES) super.info(...args);
  }

  private addNext(): void {
    const some = this.queue.slice(0, this.isMultiple ? ADDED_AT_ONCE : this.queue.length);
    try {
      if (some.length > 0) super.addFiles(some);
    } finally {
      this.queue.splice(0, some.length);
      if (this.queue.length > 0) setTimeout(() => {
        this.addNext();
      });
      else this.sayRefused();
    }
  }

  private sayRefused(): void {
    if (this.refused.length > 0) this.info(refusedText(this.refused, this.accept), "error", 12000);
    this.refused = [];
    this.emit("files-added", []); // the last group is in: the control looks again
  }

  /** Leave out clutter and the wrong kinds; names that differ in case only are different files. */
  private judge(item: Item, items: Record<string, Item>): boolean | Item {
    const path = pathOf(item);
    if (!isWanted(path)) return false;
    if (!isAccepted(path, this.accept)) {
      this.refused.push(path);
      return false;
    }
    const twin = items[item.id];
    if (!twin) return true;
    return pathOf(twin) === path ? false : { ...item, id: `${item.id}-${path}` };
  }
}
