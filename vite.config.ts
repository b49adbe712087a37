import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

/** Every page script by the name that templates ask the manifest for. */
const ENTRIES: Record<string, string> = {
  viewer: "viewer/frontend/src/main.ts",
  site: "app/design/frontend/site.ts",
  uploader: "app/uploads/frontend/uploader.ts",
  predictions: "app/challenges/frontend/predictions.ts",
  charts: "app/sockets/frontend/charts.ts",
  plots: "app/challenges/frontend/plots.ts",
  review: "app/images/frontend/review.ts",
  hanging: "viewer/frontend/src/hanging/page.ts",
  reading: "reader_studies/frontend/reading.ts",
};

const root = import.meta.dirname;

/** Only what exists: a checkout without one part still builds the others. */
function presentEntries(): Record<string, string> {
  const found = Object.entries(ENTRIES).filter(([, path]) => existsSync(resolve(root, path)));
  return Object.fromEntries(found.map(([name, path]) => [name, resolve(root, path)]));
}

export default defineConfig({
  root,
  base: "/static/",
  // vtk.js extends Node's EventEmitter through one of its packages; a browser needs npm's.
  resolve: { alias: { events: resolve(root, "node_modules/events/events.js") } },
  publicDir: false,
  build: {
    outDir: "build/frontend",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // The decoder and fonts stay files of their own: cached once, never inlined into a script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: presentEntries() },
  },
  worker: { format: "es" },
  test: {
    include: ["tests/frontend/**/*.test.ts"],
    environment: "node",
  },
});
