/* What painting costs the page, told to benchmarks/masks.py. Changes nothing of the page. */

window.masksWatch = (() => {
  const viewer = () => window.hounsfieldViewer;
  let noted = null;
  let began = 0;

  const draws = () => viewer().panes.reduce((sum, pane) => sum + pane.draws, 0);

  // Between the first and the last listener of a movement lies everything that the page does with it.
  window.addEventListener("pointermove", (event) => {
    if (!noted || event.buttons === 0) return;
    began = performance.now();
    noted.places += Math.max(1, event.getCoalescedEvents().length);
  }, { capture: true });
  window.addEventListener("pointermove", (event) => {
    if (noted && event.buttons !== 0) noted.handled.push(performance.now() - began);
  });

  function frame(time) {
    if (!noted) return;
    if (noted.last !== null) noted.frames.push(time - noted.last);
    noted.last = time;
    requestAnimationFrame(frame);
  }

  return {
    start() {
      noted = { places: 0, handled: [], frames: [], last: null, draws: draws(), at: performance.now() };
      requestAnimationFrame(frame);
    },
    end() {
      const { places, handled, frames, draws: before, at } = noted;
      noted = null;
      return { places, handled, frames, draws: draws() - before, seconds: (performance.now() - at) / 1000 };
    },
    settled: () => viewer().whenComplete(),
    /** Places (CSS pixels from the middle of the first pane) under which there is no paint. */
    unpainted(places) {
      const stage = document.querySelector(".hv-stage").getBoundingClientRect();
      const middle = [Math.round(stage.left + stage.width / 2) - stage.left, Math.round(stage.top + stage.height / 2) - stage.top];
      const [mask] = viewer().masks.list;
      const slices = new Map();
      const width = 512;
      return places.filter(([right, down]) => {
        const found = viewer().probe(0, middle[0] + right, middle[1] + down);
        if (!found) return false;
        const [i, j, k] = found.voxel.map(Math.round);
        if (!slices.has(k)) slices.set(k, viewer().masks.slice(mask.id, k));
        return slices.get(k)[j * width + i] === 0;
      });
    },
  };
})();
