import "./viewer.css";
import { DecodePool } from "./core/decode-pool";
import { Session } from "./core/session";
import { inspectionOf } from "./inspection";
import { buildLayout } from "./panels/layout";
import { Viewer } from "./state/viewer";

const MEGABYTE = 1024 * 1024;
/** Below this much memory (GiB, as far as the browser tells) budgets are halved. */
const ROOMY = 8;

function budgets(): { streamBytes: number; previewBytes: number; fullBytes: number } {
  const told = (navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? ROOMY;
  const share = told >= ROOMY ? 1 : 0.5;
  return {
    streamBytes: 512 * MEGABYTE * share,
    previewBytes: 192 * MEGABYTE * share,
    fullBytes: 512 * MEGABYTE * share,
  };
}

function createWorker(): Worker {
  return new Worker(new URL("./core/decode-worker.ts", import.meta.url), { type: "module" });
}

function socketUrl(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function start(root: HTMLElement): void {
  const { socketPath = "", title = "", backUrl = "" } = root.dataset;
  const session = new Session({ url: socketUrl(socketPath), pool: new DecodePool(createWorker), budgets: budgets() });
  session.open();
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const viewer = new Viewer(session, { tool: touch ? "scroll" : "window" });
  const drawing = buildLayout({ viewer, root, title, backUrl });
  window.hounsfieldViewer = inspectionOf(viewer, drawing);
}

const root = document.getElementById("viewer");
if (root) start(root);
