import { describe, expect, it } from "vitest";
import {
  type Demand,
  type LayerDemand,
  Priority,
  orderWants,
  outwards,
} from "../../viewer/frontend/src/core/wants";

const image: LayerDemand = { layer: 0, depth: 100, timepoints: 1, preview: 3, full: 5, capacity: 1000 };
const overlay: LayerDemand = { layer: 1, depth: 100, timepoints: 1, preview: 5, full: 5, capacity: 1000 };

function demand(changes: Partial<Demand> = {}): Demand {
  return { layers: [image], slice: 50, timepoint: 0, direction: 1, stored: true, ...changes };
}

const key = ({ layer, slice, level }: { layer: number; slice: number; level: number }): string =>
  `${layer}:${slice}:${level}`;

describe("the order of wants", () => {
  it("starts with the preview on the screen, then ahead, then its full picture", () => {
    const order = orderWants(demand());
    expect(key(order[0]!)).toBe("0:50:3");
    expect(order[1]).toMatchObject({ slice: 51, level: 3 });
    const full = order.findIndex((item) => key(item) === "0:50:5");
    const sweep = order.findIndex((item) => item.priority === Priority.sweep);
    const refine = order.findIndex((item) => item.priority === Priority.refine);
    expect(full).toBeGreaterThan(0);
    expect(full).toBeLessThan(12);
    expect(full).toBeLessThan(sweep);
    expect(sweep).toBeLessThan(refine);
  });

  it("never sorts a later want before an earlier priority", () => {
    const priorities = orderWants(demand({ layers: [image, overlay] })).map((item) => item.priority);
    expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
  });

  it("looks ahead in the direction of travel", () => {
    const ahead = (direction: 1 | -1): number[] =>
      orderWants(demand({ direction })).filter((item) => item.priority === Priority.ahead).map((item) => item.slice);
    expect(ahead(1).filter((slice) => slice > 50).length).toBeGreaterThan(ahead(1).filter((slice) => slice < 50).length);
    expect(ahead(-1)).toEqual(ahead(1).map((slice) => 100 - slice));
  });

  it("brings every slice at both levels exactly once", () => {
    const keys = orderWants(demand()).map(key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBe(200);
  });

  it("refines outwards from the slice on the screen", () => {
    const refined = orderWants(demand()).filter((item) => item.priority === Priority.refine).map((item) => item.slice);
    const distances = refined.map((slice) => Math.abs(slice - 50));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });

  it("sweeps first and refines later when a cut through all slices is shown", () => {
    const order = orderWants(demand({ stored: false }));
    expect(order.slice(0, 100).every((item) => item.level === 3)).toBe(true);
    expect(order.slice(100).every((item) => item.level === 5)).toBe(true);
  });

  it("asks label maps for their full level only", () => {
    const levels = orderWants(demand({ layers: [image, overlay] })).filter((item) => item.layer === 1);
    expect(levels.length).toBe(100);
    expect(levels.every((item) => item.level === 5)).toBe(true);
  });

  it("does not plan to refine more than fits into memory", () => {
    const order = orderWants(demand({ layers: [{ ...image, capacity: 10 }] }));
    expect(order.filter((item) => item.level === 5).length).toBe(10);
  });

  it("stays inside the volume at its ends", () => {
    for (const slice of [0, 99]) {
      const slices = orderWants(demand({ slice })).map((item) => item.slice);
      expect(Math.min(...slices)).toBe(0);
      expect(Math.max(...slices)).toBe(99);
    }
  });

  it("keeps other time points for last and stays on the only one of an overlay", () => {
    const moving = { ...image, depth: 10, timepoints: 3 };
    const order = orderWants(demand({ layers: [moving, { ...overlay, depth: 10 }], slice: 5, timepoint: 2 }));
    const elsewhere = order.filter((item) => item.priority === Priority.elsewhere);
    expect(elsewhere.every((item) => item.slice < 20)).toBe(true);
    expect(order.filter((item) => item.layer === 0 && item.slice >= 20).length).toBe(20);
    expect(order.filter((item) => item.layer === 1).every((item) => item.slice < 10)).toBe(true);
  });

  it("asks a single-level image once per slice", () => {
    const flat = { ...image, preview: 0, full: 0 };
    expect(orderWants(demand({ layers: [flat] })).length).toBe(100);
  });
});

it("goes outwards to both ends", () => {
  expect([...outwards(1, 5)]).toEqual([1, 2, 0, 3, 4]);
  expect([...outwards(4, 5)]).toEqual([4, 3, 2, 1, 0]);
});
