/**
 * The page's entry. Small on purpose: it opens the socket, compiles the decoder and draws the first picture,
 * while the application (`app.ts`, with Cornerstone3D) is on its way.
 */

import "./viewer.css";
import "./first/first.css";
import { budgetsFor } from "./core/budgets";
import { Connection } from "./core/connection";
import { DecodePool, workerCount } from "./core/decode-pool";
import { Session } from "./core/session";
import type { Boot } from "./first/boot";
import { FirstCanvas } from "./first/canvas";

function createWorker(): Worker {
  return new Worker(new URL("./core/decode-worker.ts", import.meta.url), { type: "module" });
}

/** `data-socket-url`: another origin, absolute; `data-socket-path`: this one. */
function socketUrl({ socketUrl: absolute, socketPath = "" }: DOMStringMap): string {
  const url = new URL(absolute ?? socketPath, window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

function start(root: HTMLElement): void {
  const { deviceMemory } = navigator as Navigator & { deviceMemory?: number };
  root.classList.add("hv");
  const session = new Session({
    connection: new Connection(socketUrl(root.dataset)),
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
