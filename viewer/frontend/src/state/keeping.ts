/** Puts together what keeps annotations: the buffer on disk, the autosave, the site's API and its news. */

import { AnnotationApi } from "../core/annotation-api";
import { listenToNews } from "../core/annotation-news";
import type { Change, DisplaySet } from "../core/annotations";
import { type Buffer, DiskBuffer, type Kept } from "../core/buffer";
import { MaskApi } from "../core/mask-api";
import { AnnotationSync } from "./annotation-sync";
import { Autosave } from "./autosave";
import { goOnDrawing } from "./jump";
import { MaskSync } from "./mask-sync";
import type { Workspace } from "./workspace";

export interface Keeping {
  readonly set: DisplaySet;
  readonly api: AnnotationApi;
  readonly autosave: Autosave;
  readonly sync: AnnotationSync;
  readonly maskApi: MaskApi;
  readonly masks: MaskSync;
}

/** The attributes of `#viewer` that tell of the display set. */
export interface SetData {
  readonly source?: string | undefined;
  readonly object?: string | undefined;
  readonly reader?: string | undefined;
  readonly others?: string | undefined;
}

/** Null on a page that does not say what it shows: nothing is kept there. */
export function displaySetOf({ source, object, reader, others }: SetData): DisplaySet | null {
  if (!source || !object || !reader) return null;
  return { source, object, reader, others: others === "see" || others === "edit" ? others : "none" };
}

/** So long the first reading waits for news (ms): without them it is done a second time later. */
const NEWS_PATIENCE = 1500;
const API = "/api/v1/annotations/";

export function keepAnnotations(workspace: Workspace, set: DisplaySet, csrfToken: string): Keeping {
  const buffer = new OpeningBuffer(DiskBuffer.open(`${set.reader}/${set.source}/${set.object}`));
  const api = new AnnotationApi(set, { root: API, csrfToken, fetch: (url, init) => fetch(url, init) });
  const autosave = new Autosave({ api, buffer, exclusively: (work) => oneWindow(set, work) });
  const { annotations, drawing } = workspace;
  const maskApi = new MaskApi({ root: API, fetch: (url, init) => fetch(url, init) });
  const masks = new MaskSync({ masks: workspace.masks, autosave, api: maskApi, set, images: () => workspace.images });
  workspace.on("described", () => { masks.described(); });
  drawing.on("restored", (draft) => { whenShown(workspace, () => { goOnDrawing(workspace, draft); }); });
  const sync = new AnnotationSync({ annotations, drawing, autosave, api, buffer, set, masks });
  const wake = (): void => { autosave.wake(); };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  // The browser asks before it throws away what is nowhere else.
  window.addEventListener("beforeunload", (event) => { if (autosave.atRisk > 0) event.preventDefault(); });
  let listening: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => { listening = resolve; });
  listenToNews({
    url: socketUrl(`/ws/annotations/${set.source}/${set.object}/`),
    openSocket: (url) => new WebSocket(url),
    onNews: (pks) => { sync.hear(pks); },
    onReady: () => {
      autosave.wake();
      sync.listening();
      listening();
    },
  });
  void sync.open(Promise.race([ready, new Promise((resolve) => { setTimeout(resolve, NEWS_PATIENCE); })]));
  return { set, api, autosave, sync, maskApi, masks };
}

/** The images may be known already. */
function whenShown(workspace: Workspace, show: () => void): void {
  if (workspace.meta) {
    show();
    return;
  }
  const stop = workspace.on("described", () => {
    stop();
    show();
  });
}

/** Of several windows of one reader one sends at a time; what another has sent already is only repeated. */
function oneWindow<T>({ source, object }: DisplaySet, work: () => Promise<T>): Promise<T> {
  // Absent on pages without a secure address.
  const { locks } = navigator as Navigator & { locks?: LockManager };
  if (!locks) return work();
  return new Promise((resolve, reject) => {
    void locks.request(`hounsfield-annotations:${source}/${object}`, () => work().then(resolve, reject));
  });
}

function socketUrl(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

/** A buffer that is still being opened: everything waits for it, in order. */
class OpeningBuffer implements Buffer {
  private readonly opened: Promise<Buffer>;

  constructor(opened: Promise<Buffer>) {
    this.opened = opened;
  }

  async all(): Promise<readonly Kept[]> { return (await this.opened).all(); }
  async add(changes: readonly Change[], replaced?: readonly number[]): Promise<readonly Kept[]> { return (await this.opened).add(changes, replaced); }
  async remove(orders: readonly number[]): Promise<void> { return (await this.opened).remove(orders); }
  async draft(): Promise<unknown> { return (await this.opened).draft(); }
  async keepDraft(draft: unknown): Promise<void> { return (await this.opened).keepDraft(draft); }
}
