/*
 * What a page of a benchmark notes about itself, from before its first script on: messages of the
 * WebSocket as its worker hands them over, pictures that its decode workers hand over, resources,
 * and what is drawn when.
 * Times are milliseconds since the navigation began. `keepPixels` also notes what was decoded;
 * `otherViewer` looks at the canvases of a viewer that is not ours.
 */
(() => {
  const { keepPixels = false, otherViewer = false } = window.benchmarkOptions ?? {};
  const FRAG = 0x82;
  const WANT = 0x02;
  const round = (value) => Math.round(value * 100) / 100;
  const now = () => performance.now();

  const fragments = []; // [arrived, slice, from, to, bytes]
  const held = new Map(); // slice -> highest level that has arrived
  const decoded = { full: 0, milliseconds: 0, lastAt: 0 };
  const digests = [];
  const marks = {};
  const frames = { count: 0, bytes: 0, lastAt: 0, firstAt: null };
  let received = 0;

  function note(data) {
    received += data.byteLength;
    const view = new DataView(data);
    if (view.getUint8(0) !== FRAG) return;
    const slice = view.getUint16(7, true);
    const level = view.getUint8(10);
    held.set(slice, Math.max(level, held.get(slice) ?? -1));
    fragments.push([now(), slice, view.getUint8(9), level, data.byteLength]);
  }

  window.Worker = class extends window.Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (data?.kind === "open") marks.socketOpen ??= now();
        else if (data?.kind === "message") note(data.data);
        else finished(data);
      });
    }

    postMessage(data, ...rest) {
      if (data?.kind === "open") marks.socketAsked ??= now();
      else if (data?.kind === "send" && data.bytes[0] === WANT) marks.firstWant ??= now();
      super.postMessage(data, ...rest);
    }
  };

  function finished(data) {
    const pixels = data?.pixels;
    if (!pixels) return;
    decoded.milliseconds += data.milliseconds ?? 0;
    if (pixels.length !== window.benchmarkOptions.slicePixels) return;
    decoded.full += 1;
    decoded.lastAt = now();
    if (keepPixels) digests.push(digestOf(pixels));
  }

  async function digestOf(pixels) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", pixels));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  if (otherViewer) {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.name.includes("/frames/")) continue;
        frames.count += 1;
        frames.bytes += entry.encodedBodySize;
        frames.firstAt ??= entry.startTime;
        frames.lastAt = Math.max(frames.lastAt, entry.responseEnd);
      }
    }).observe({ type: "resource", buffered: true });
    // Such events do not bubble, but a capturing listener sees them on their way down.
    document.addEventListener("CORNERSTONE_IMAGE_RENDERED", ({ target }) => {
      if (marks.firstFull === undefined && shows(target.querySelector("canvas.cornerstone-canvas"))) {
        marks.firstFull = now();
      }
    }, true);
  }

  /** Whether some of a canvas is grey: a head may be black in its middle, and nothing is before. */
  function shows(canvas) {
    const context = canvas && canvas.width > 300 && canvas.getContext("2d");
    if (!context) return false;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let grey = 0;
    for (let at = 0; at < data.length; at += 4) grey += data[at] > 40 && data[at] === data[at + 1] ? 1 : 0;
    return grey > data.length / 4 / 100;
  }

  const frame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
  const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

  async function until(condition, what, { seconds = 120, every = 20 } = {}) {
    const deadline = now() + seconds * 1000;
    while (!condition()) {
      if (now() > deadline) throw new Error(`It never came to: ${what}`);
      await pause(every);
    }
  }

  /** The viewer shows a slice in full; says what had come by then. */
  async function opened() {
    await until(() => window.hounsfieldViewer?.timings.firstFull !== undefined, "a first full slice");
    const { firstPreview, firstFull, swept } = window.hounsfieldViewer.timings;
    return rounded({ ...marks, firstPreview, firstFull, swept });
  }

  /** Every slice of the volume has come and is decoded. */
  async function everything(slices) {
    const viewer = window.hounsfieldViewer;
    if (viewer.whenAllDecoded) await viewer.whenAllDecoded();
    else viewer.goTo("coronal", Math.floor(viewer.count / 2));
    await until(() => decoded.full >= slices, `${slices} decoded slices`, { every: 5 });
    const fulls = fragments.filter(([, , , level]) => level === Math.max(...held.values()));
    return rounded({
      swept: viewer.timings.swept,
      allHeld: Math.max(...fulls.map(([at]) => at)),
      allDecoded: decoded.lastAt,
      decodeMilliseconds: decoded.milliseconds,
      bytes: received,
    });
  }

  /** Goes to a slice; how long until its bytes are there and until it is drawn. */
  async function jump(slice, full) {
    const viewer = window.hounsfieldViewer;
    const from = fragments.length;
    const before = held.get(slice) ?? -1;
    const began = now();
    const found = { before };
    viewer.goTo(viewer.plane, slice);
    for (let more = true; more;) {
      await frame();
      const there = viewer.index === slice && viewer.level !== null;
      if (there) found.drawnPreview ??= now() - began;
      if (there && viewer.complete) found.drawnFull = now() - began;
      more = found.drawnFull === undefined;
      if (now() - began > 30_000) throw new Error(`Slice ${slice} was never drawn in full.`);
    }
    for (const [at, index, , level] of fragments.slice(from)) {
      if (index !== slice) continue;
      found.arrivedFirst ??= at - began;
      if (level >= full) found.arrivedFull ??= at - began;
    }
    return rounded(found);
  }

  /** Steps at a steady pace, however late pictures are; how long until each step is drawn in full. */
  async function scroll(steps, perSecond) {
    const viewer = window.hounsfieldViewer;
    const period = 1000 / perSecond;
    const start = now();
    const found = [];
    for (let step = 0; step < steps; step += 1) {
      const began = start + step * period;
      if (began > now()) await pause(began - now());
      const target = viewer.index + 1;
      const taken = { preview: null, full: null };
      viewer.goTo(viewer.plane, target);
      while (taken.full === null && now() < began + period) {
        await frame();
        if (viewer.index !== target || viewer.level === null) continue;
        taken.preview ??= now() - began;
        if (viewer.complete) taken.full = now() - began;
      }
      found.push(rounded(taken));
    }
    return found;
  }

  /** Another viewer shows its first picture, then has all frames. */
  async function otherFirst() {
    await until(() => marks.firstFull !== undefined, "a first picture");
    return rounded({ firstFull: marks.firstFull, firstFrameAsked: frames.firstAt });
  }

  async function otherAll(count) {
    await until(() => frames.count >= count, `${count} frames`);
    return rounded({ allHeld: frames.lastAt, bytes: frames.bytes });
  }

  /** The viewport of another viewer that shows the stack, by the library that it is built on. */
  function otherViewport() {
    const viewports = window.cornerstone.getRenderingEngines().flatMap((engine) => engine.getViewports());
    const found = viewports.find((viewport) => (viewport.getImageIds?.().length ?? 0) > 1);
    if (!found) throw new Error("There is no stack on the screen.");
    return found;
  }

  /** Goes to a slice there; resolves with how long it took until it was drawn, or null when late. */
  function otherGoTo(slice, began, patience) {
    const viewport = otherViewport();
    const { element } = viewport;
    return new Promise((resolve) => {
      const end = (taken) => {
        element.removeEventListener("CORNERSTONE_IMAGE_RENDERED", look);
        resolve(taken);
      };
      const look = () => {
        if (viewport.getCurrentImageIdIndex() === slice) end(now() - began);
      };
      element.addEventListener("CORNERSTONE_IMAGE_RENDERED", look);
      setTimeout(end, began + patience - now(), null);
      void viewport.setImageIdIndex(slice);
    });
  }

  async function otherJump(slice) {
    const taken = await otherGoTo(slice, now(), 30_000);
    if (taken === null) throw new Error(`Slice ${slice} was never drawn.`);
    return { drawnFull: round(taken) };
  }

  async function otherScroll(steps, perSecond) {
    const period = 1000 / perSecond;
    const start = now();
    const found = [];
    for (let step = 0; step < steps; step += 1) {
      const began = start + step * period;
      if (began > now()) await pause(began - now());
      const taken = await otherGoTo(otherViewport().getCurrentImageIdIndex() + 1, began, period);
      found.push(rounded({ full: taken }));
    }
    return found;
  }

  function rounded(values) {
    const pairs = Object.entries(values).filter(([, value]) => value !== undefined);
    return Object.fromEntries(pairs.map(([name, value]) => [name, value === null ? null : round(value)]));
  }

  window.benchmark = {
    opened, everything, jump, scroll, otherFirst, otherAll, otherJump, otherScroll,
    digests: () => Promise.all(digests),
  };
})();
