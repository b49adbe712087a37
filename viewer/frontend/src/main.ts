/**
 * The page's entry. Small on purpose: it opens the socket, compiles the decoder and draws the first picture,
 * while the application (`app.ts`, with Cornerstone3D) is on its way.
 */

import "./viewer.css";
import "./first/first.css";
import { SiteAddresses } from "./core/address";
import { budgetsFor } from "./core/budgets";
import { Connection } from "./core/connection";
import { DecodePool, workerCount } from "./core/decode-pool";
import { Session } from "./core/session";
import type { Boot } from "./first/boot";
import { FirstCanvas } from "./first/canvas";

function createWorker(): Worker {
  return new Worker(new URL("./core/decode-worker.ts", import.meta.url), { type: "module" });
}

function connectionOf(root: HTMLElement): Connection {
  const csrfToken = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  return new Connection({
    addresses: new SiteAddresses(root.dataset, {
      page: window.location.href,
      csrfToken,
      fetch: (url, init) => fetch(url, init),
    }),
    openSocket: (url) => new WebSocket(url),
    onWake: (listener) => {
      window.addEventListener("online", listener);
      document.addEventListener("visibilitychange", () => { if (!document.hidden) listener(); });
    },
  });
}

function start(root: HTMLElement): void {
  const { deviceMemory } = navigator as Navigator & { deviceMemory?: number };
  root.classList.add("hv");
  const session = new Session({
    connection: connectionOf(root),
    pool: new DecodePool(createWorker, workerCount(navigator.hardwareConcurrency)),
    budgets: budgetsFor(deviceMemory),
  });
  session.open();
  const first = new FirstCanvas(session, root);
  void startApplication({ session, root, first });
}

async function startApplication(boot: Boot): Promise<void> {
  const { start: startApp } = await import("./app");
  boot.session.timings.mark("appReady");
  startApp(boot);
}

const root = document.getElementById("viewer");
if (root) start(root);
