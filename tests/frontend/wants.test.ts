import { describe, expect, it } from "vitest";
import {
  type Demand,
  type Item,
  type LayerDemand,
  Priority,
  type ViewDemand,
  orderWants,
  outwards,
} from "../../viewer/frontend/src/core/wants";

const image: LayerDemand = {
  layer: 0, depth: 100, timepoints: 1, preview: 3, full: 5, capacity: 1000, previewCapacity: 1000,
};
const overlay: LayerDemand = { ...image, layer: 1, preview: 5 };
const other: LayerDemand = { ...image, layer: 2, depth: 40 };
const axial: ViewDemand = { layers: [0], slice: 50, timepoint: 0, direction: 1, stored: true };
const coronal: ViewDemand = { ...axial, stored: false };

function demand(views: readonly Partial<ViewDemand>[] = [{}], layers: readonly LayerDemand[] = [image]): Demand {
  return { layers, views: views.map((view) => ({ ...axial, ...view })) };
}

const key = ({ layer, slice, level }: Pick<Item, "layer" | "slice" | "level">): string => `${layer}:${slice}:${level}`;
const at = (items: readonly Item[], priority: number): Item[] => items.filter((item) => item.priority === priority);
const rank = (items: readonly Item[], wanted: string): number => items.findIndex((item) => key(item) === wanted);

describe("the order of one view", () => {
  it("starts with the preview on the screen, then ahead, then its full picture", () => {
    const order = orderWants(demand());
    expect(key(order[0]!)).toBe("0:50:3");
    expect(order[1]).toMatchObject({ slice: 51, level: 3 });
    const full = rank(order, "0:50:5");
    const sweep = order.findIndex((item) => item.priority === Priority.sweep);
    const refine = order.findIndex((item) => item.priority === Priority.refine);
    expect(full).toBeGreaterThan(0);
    expect(full).toBeLessThan(12);
    expect(full).toBeLessThan(sweep);
    expect(sweep).toBeLessThan(refine);
  });

  it("looks ahead in the direction of travel", () => {
    const ahead = (direction: 1 | -1): number[] =>
      at(orderWants(demand([{ direction }])), Priority.ahead).map((item) => item.slice);
    expect(ahead(1).filter((slice) => slice > 50).length).toBeGreaterThan(ahead(1).filter((slice) => slice < 50).length);
    expect(ahead(-1)).toEqual(ahead(1).map((slice) => 100 - slice));
  });

  it("brings every slice at both levels exactly once", () => {
    const keys = orderWants(demand()).map(key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(200);
  });

  it("refines outwards from the slice on the screen, and leaves far slices compressed", () => {
    const refined = at(orderWants(demand()), Priority.refine);
    const distances = refined.map((item) => Math.abs(item.slice - 50));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(refined.some((item) => item.needed)).toBe(false);
  });

  it("sweeps first and then decodes everything when a cut through all slices is shown", () => {
    const order = orderWants(demand([coronal]));
    expect(order.slice(0, 100).every((item) => item.level === 3)).toBe(true);
    expect(order.slice(100).every((item) => item.level === 5)).toBe(true);
    expect(order.every((item) => item.needed)).toBe(true);
  });

  it("refines first what a slab or a tilted plane goes through", () => {
    const order = orderWants(demand([{ stored: false, slice: 45, span: [40, 60] }]));
    const swept = at(order, Priority.cutSweep).slice(0, 21).map((item) => item.slice);
    expect(swept.every((slice) => slice >= 40 && slice <= 60)).toBe(true);
    expect(swept[0]).toBe(45);
    const refined = at(order, Priority.refine);
    expect(refined.slice(0, 21).every((item) => item.needed && item.slice >= 40 && item.slice <= 60)).toBe(true);
    expect(refined.slice(21).some((item) => item.needed)).toBe(false);
  });

  it("asks label maps for their full level only", () => {
    const levels = orderWants(demand([{ layers: [0, 1] }], [image, overlay])).filter((item) => item.layer === 1);
    expect(levels.length).toBe(100);
    expect(levels.every((item) => item.level === 5)).toBe(true);
  });

  it("does not plan to keep more than fits into memory, but asks for all of a cut", () => {
    const small = { ...image, capacity: 10, previewCapacity: 30 };
    const fulls = (view: Partial<ViewDemand>): number =>
      orderWants(demand([view], [small])).filter((item) => item.level === 5).length;
    expect(fulls({})).toBe(10);
    expect(fulls({ stored: false })).toBe(100);
  });

  it("stays inside the volume at its ends", () => {
    for (const slice of [0, 99]) {
      const slices = orderWants(demand([{ slice }])).map((item) => item.slice);
      expect(Math.min(...slices)).toBe(0);
      expect(Math.max(...slices)).toBe(99);
    }
  });

  it("is only what is on the screen when it is to be brief", () => {
    const order = orderWants({ ...demand([{ layers: [0, 1] }, { stored: false }], [image, overlay]), brief: true });
    expect(order.map(key)).toEqual(["0:50:3", "0:50:5", "1:50:5"]);
  });

  it("asks a single-level image once per slice, and decodes it only near the screen", () => {
    const order = orderWants(demand([{}], [{ ...image, preview: 0, full: 0 }]));
    expect(order.length).toBe(100);
    expect(order.filter((item) => item.needed).length).toBeLessThan(15);
  });
});

describe("time points", () => {
  const moving = { ...image, depth: 10, timepoints: 3 };

  it("are kept for last, and an overlay stays on its only one", () => {
    const view = { layers: [0, 1], slice: 5, timepoint: 2 };
    const order = orderWants(demand([view], [moving, { ...overlay, depth: 10 }]));
    const elsewhere = at(order, Priority.elsewhere);
    expect(elsewhere.every((item) => item.slice < 20 && !item.needed)).toBe(true);
    expect(order.filter((item) => item.layer === 0 && item.slice >= 20).length).toBe(20);
    expect(order.filter((item) => item.layer === 1).every((item) => item.slice < 10)).toBe(true);
  });

  it("come in the order of play while they are played, before the sweep", () => {
    const order = orderWants(demand([{ slice: 5, timepoint: 1, playing: true }], [moving]));
    const played = at(order, Priority.playing);
    expect(played.map(key)).toEqual(["0:25:3", "0:5:3", "0:25:5", "0:5:5"]);
    expect(played.every((item) => item.needed)).toBe(true);
    expect(rank(order, "0:5:5")).toBeLessThan(order.findIndex((item) => item.priority === Priority.sweep));
  });

  it("of a played cut come as whole previews", () => {
    const order = orderWants(demand([{ slice: 5, playing: true, stored: false }], [moving]));
    expect(at(order, Priority.playing).map((item) => item.slice).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 10),
    );
  });

  it("beyond the memory for previews are not asked for", () => {
    const many = { ...moving, timepoints: 50, previewCapacity: 60, capacity: 20 };
    const order = orderWants(demand([{ slice: 5 }], [many]));
    expect(order.filter((item) => item.level === 3).length).toBe(60);
    expect(order.filter((item) => item.level === 5).length).toBe(20);
  });
});

describe("several viewports", () => {
  const views = [{ slice: 20 }, { layers: [2], slice: 7, direction: 0 as const }, { stored: false, slice: 80 }];
  const order = orderWants(demand(views, [image, other]));

  it("come with the active one first, all of them before anything of less use", () => {
    expect(at(order, Priority.visible).map(key)).toEqual(["0:20:3", "2:7:3"]);
    expect(at(order, Priority.visibleFull).map(key)).toEqual(["0:20:5", "2:7:5"]);
    expect(rank(order, "2:7:5")).toBeLessThan(order.findIndex((item) => item.priority === Priority.cutSweep));
  });

  it("never sort a later want before an earlier priority", () => {
    const priorities = order.map((item) => item.priority);
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
  });

  it("take turns, so that none starves", () => {
    const refined = at(orderWants(demand([{ slice: 20 }, { layers: [2], slice: 7 }], [image, other])), Priority.refine);
    const firstSixty = refined.slice(0, 60);
    expect(firstSixty.filter((item) => item.layer === 2).length).toBe(30);
    expect(firstSixty.filter((item) => item.layer === 0).length).toBe(30);
  });

  it("of the same image share what they ask for", () => {
    const linked = orderWants(demand([{ slice: 20 }, { slice: 60, direction: 0 }, { stored: false, slice: 80 }]));
    expect(new Set(linked.map(key)).size).toBe(linked.length);
    expect(linked.length).toBe(200);
    const refined = at(linked, Priority.refine).map((item) => item.slice);
    expect([...refined.slice(0, 3)].sort((a, b) => a - b)).toEqual([18, 64, 80]);
  });

  it("decode at once what any of them cuts through", () => {
    const mixed = orderWants(demand([{ slice: 20 }, { stored: false, slice: 80 }]));
    expect(at(mixed, Priority.refine).every((item) => item.needed)).toBe(true);
  });

  it("look ahead for those that follow the active one by a link", () => {
    const following = orderWants(demand([{ slice: 20 }, { layers: [2], slice: 7 }], [image, other]));
    expect(at(following, Priority.ahead).filter((item) => item.layer === 2).map((item) => item.slice)).toEqual([8, 9]);
  });

  it("that name a layer nobody described ask for nothing", () => {
    expect(orderWants(demand([{ layers: [9] }]))).toEqual([]);
  });
});

it("goes outwards to both ends", () => {
  expect([...outwards(1, 5)]).toEqual([1, 2, 0, 3, 4]);
  expect([...outwards(4, 5)]).toEqual([4, 3, 2, 1, 0]);
});
