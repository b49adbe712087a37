/**
 * The page's entry. Small on purpose: it opens the socket, compiles the decoder and draws the first picture,
 * while the application (`app.ts`, with Cornerstone3D) is on its way.
 */

import "./viewer.css";
import "./first/first.css";
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";
import { SiteAddresses } from "./core/address";
import { budgetsFor } from "./core/budgets";
import { Connection } from "./core/connection";
import { DecodePool, workerCount } from "./core/decode-pool";
import { Session } from "./core/session";
import { socketsIn } from "./core/worker-socket";
import type { Boot } from "./first/boot";
import { FirstCanvas } from "./first/canvas";

function createWorker(): Worker {
  return new Worker(new URL("./core/decode-worker.ts", import.meta.url), { type: "module" });
}

function createSocketWorker(): Worker {
  return new Worker(new URL("./core/socket-worker.ts", import.meta.url), { type: "module" });
}

function connectionOf(root: HTMLElement): Connection {
  const csrfToken = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  return new Connection({
    addresses: new SiteAddresses(root.dataset, {
      page: window.location.href,
      csrfToken,
      fetch: (url, init) => fetch(url, init),
    }),
    openSocket: socketsIn(createSocketWorker()),
    onWake: (listener) => {
      window.addEventListener("online", listener);
      document.addEventListener("visibilitychange", () => { if (!document.hidden) listener(); });
    },
  });
}

/** Compiled here, while the socket opens, once for all workers. */
async function decoderModule(): Promise<WebAssembly.Module | null> {
  try {
    return await WebAssembly.compileStreaming(fetch(wasmUrl));
  } catch {
    return null;
  }
}

/** Longest wait (ms) for the first picture before the application is loaded beside it. */
const PATIENCE = 1500;

/** Resolves when the application no longer takes time from the first picture, or has something to say in its place. */
function momentForApplication(session: Session, first: FirstCanvas): Promise<void> {
  return new Promise((resolve) => {
    void first.shown.then(resolve);
    session.on("state", ({ ready }) => { if (!ready) resolve(); });
    session.on("status", ({ kind }) => { if (kind === "closed" || kind === "retrying") resolve(); });
    window.setTimeout(resolve, PATIENCE);
  });
}

function start(root: HTMLElement): void {
  const { deviceMemory } = navigator as Navigator & { deviceMemory?: number };
  root.classList.add("hv");
  const session = new Session({
    connection: connectionOf(root),
    pool: new DecodePool(createWorker, decoderModule()),
    budgets: budgetsFor(deviceMemory),
  });
  session.open();
  const first = new FirstCanvas(session, root);
  void momentForApplication(session, first).then(() => {
    first.want({ brief: false });
    session.useWorkers(workerCount(navigator.hardwareConcurrency));
    return startApplication({ session, root, first });
  });
}

async function startApplication(boot: Boot): Promise<void> {
  const { start: startApp } = await import("./app");
  boot.session.timings.mark("appReady");
  startApp(boot);
}

const root = document.getElementById("viewer");
if (root) start(root);
