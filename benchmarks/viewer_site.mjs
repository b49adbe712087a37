/*
 * A web server for what the viewer is compared with: `node viewer_site.mjs FOLDER ORTHANC_PORT`.
 * Files below FOLDER, `index.html` for the addresses of a single-page application, and
 * `/dicom-web/` and `/wado` from Orthanc, so that a page needs no other origin. Orthanc is asked for
 * plain bytes: compressing them costs it five times as long as sending them. Prints its port.
 */
import { createReadStream, statSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import process from "node:process";

const [folder, orthancPort] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};
const FRESH = new Set(["index.html", "app-config.js"]);

function passOn(asked, answer) {
  const headers = { ...asked.headers, host: `127.0.0.1:${orthancPort}`, "accept-encoding": "identity" };
  const options = { agent, headers, host: "127.0.0.1", method: asked.method, path: asked.url, port: orthancPort };
  const further = request(options, (got) => {
    answer.writeHead(got.statusCode, got.headers);
    got.pipe(answer);
  });
  further.on("error", (error) => {
    answer.writeHead(502);
    answer.end(String(error));
  });
  answer.on("close", () => { if (!answer.writableFinished) further.destroy(); });
  asked.pipe(further);
}

function fileFor(path) {
  const wanted = join(folder, normalize(decodeURIComponent(path)));
  const found = statSync(wanted, { throwIfNoEntry: false });
  if (found?.isFile()) return { path: wanted, size: found.size };
  const index = found?.isDirectory() ? join(wanted, "index.html") : join(folder, "index.html");
  return { path: index, size: statSync(index).size };
}

function serve(path, answer) {
  const { path: file, size } = fileFor(path);
  const name = file.slice(file.lastIndexOf("/") + 1);
  answer.writeHead(200, {
    "cache-control": FRESH.has(name) ? "no-cache" : "public, max-age=31536000, immutable",
    "content-length": size,
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
  });
  createReadStream(file).pipe(answer);
}

const server = createServer((asked, answer) => {
  const { pathname } = new URL(asked.url, "http://127.0.0.1");
  if (pathname.startsWith("/dicom-web") || pathname.startsWith("/wado")) passOn(asked, answer);
  else serve(pathname, answer);
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
