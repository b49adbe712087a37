/** What others change while one works on the same marks, and what one's own undo does then. */

import { describe, expect, it, vi } from "vitest";
import type { DistanceValue } from "../../viewer/frontend/src/tools/values";
import { type Desk, Site, desk, draw, lengthOf, line, move, settled } from "./annotation-desk";

describe("what somebody else changed meanwhile", () => {
  /** Ana's line of 2 mm, which was 1 mm long before, and what ben makes of it. */
  async function changedByBen(patch: { value?: DistanceValue; label?: string }): Promise<{ site: Site; ana: Desk; id: string; tell: () => void }> {
    const site = new Site();
    const ana = desk(site);
    const { id } = draw(ana, 1);
    move(ana, id, 2);
    await settled(ana);
    const ben = desk(site, "ben");
    await ben.sync.open();
    ben.annotations.change(id, patch);
    await settled(ben);
    return { site, ana, id, tell: () => { ana.sync.take(site.rows.get(id)!); } };
  }

  it.each([{ value: line(7) }, { label: "Nodule" }])("is not undone by one's own undo: %o", async (patch) => {
    const { site, ana, id, tell } = await changedByBen(patch);
    tell();
    ana.history.undo();
    ana.history.undo();
    await settled(ana);
    expect(site.rows.get(id)).toMatchObject({ deleted: false, version: 3, changed_by: "ben" });
    expect(ana.history.last).toBeUndefined();
  });

  it("is not undone where it was only found on a reading of everything", async () => {
    const { site, ana, id } = await changedByBen({ value: line(7) });
    await ana.sync.reload();
    ana.history.undo();
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(7);
  });

  it("leaves the steps of other marks, and those of one's own that the site acknowledges", async () => {
    const { ana, tell } = await changedByBen({ value: line(7) });
    const { id: other } = draw(ana, 3);
    move(ana, other, 4);
    ana.annotations.remove(other);
    await settled(ana);
    tell();
    await ana.sync.reload();
    for (let step = 0; step < 3; step += 1) ana.history.undo();
    expect(ana.annotations.get(other)).toBeUndefined();
    ana.history.redo();
    expect(lengthOf(ana.annotations.get(other))).toBe(3);
  });

  it("is not overwritten by a mark that was in one's hand", async () => {
    const { site, ana, id, tell } = await changedByBen({ value: line(7) });
    ana.annotations.preview(id, line(5));
    tell();
    await ana.sync.reload();
    ana.annotations.settle();
    await vi.waitFor(() => { expect(ana.autosave.conflicts).toHaveLength(1); });
    expect(lengthOf(site.rows.get(id))).toBe(7);
  });

  it("is shown once the mark is let go as it was", async () => {
    const { ana, id, tell } = await changedByBen({ value: line(7) });
    ana.annotations.preview(id, line(5));
    tell();
    ana.annotations.abandon();
    await vi.waitFor(() => { expect(lengthOf(ana.annotations.get(id))).toBe(7); });
    expect(ana.autosave.status.kind).toBe("saved");
  });
});

describe("a mark in one's hand while everything is read anew", () => {
  it("is saved where it is let go", async () => {
    const site = new Site();
    const ana = desk(site);
    site.deaf = true;
    const { id } = draw(ana, 1);
    await vi.waitFor(() => { expect(site.rows.has(id)).toBe(true); });
    ana.annotations.preview(id, line(5));
    await ana.sync.reload();
    ana.annotations.settle();
    site.deaf = false;
    ana.autosave.wake();
    await settled(ana);
    expect(lengthOf(site.rows.get(id))).toBe(5);
  });
});
