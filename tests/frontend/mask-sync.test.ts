import { describe, expect, it, vi } from "vitest";
import { MemoryBuffer } from "../../viewer/frontend/src/core/buffer";
import { packSlice, unpackSlice } from "../../viewer/frontend/src/core/masks/slice-codec";
import type { Mask } from "../../viewer/frontend/src/state/masks";
import { maskText, meetingText, slicesText } from "../../viewer/frontend/src/panels/mask-words";
import { desk, type Desk, LENGTH, paint, settled, Site, siteVoxels, voxels } from "./mask-desks";

describe("saving masks", () => {
  it("sends the slices that a stroke changed, and no others; undo and redo are further versions", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    paint(ana, mask, 4, 0, 5);
    await settled(ana);
    ana.history.undo();
    await settled(ana);
    ana.history.redo();
    await settled(ana);
    expect(site.log.map(({ slices }) => slices.map(({ index, data }) => [index, data !== ""]))).toEqual([
      [[2, true]], [[4, true]], [[4, false]], [[4, true]],
    ]);
    expect(await siteVoxels(site, mask.id)).toEqual(voxels(mask));
    expect(site.rows.get(mask.id)).toMatchObject({ kind: "SEG", version: 4, label: "Mask", value: { bits: 8, segments: [{ voxel_value: 1 }] } });
  });

  it("declares labels before voxels bear them and gives them up after the last is gone", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    ana.masks.addSegment(mask);
    for (let k = 0; k < 6; k += 1) paint(ana, mask, k, 0, 20, 2);
    await settled(ana);
    ana.masks.removeSegment(mask, 2);
    await settled(ana);
    ana.history.undo();
    await settled(ana);
    expect([mask.map.count(2), mask.segments.length]).toEqual([120, 2]);
    expect(await siteVoxels(site, mask.id)).toEqual(voxels(mask));
    expect(ana.troubles).toEqual([]);
    expect(ana.notices).toEqual([]);
  });

  it("is there for another reader, and follows what is painted", async () => {
    const site = new Site();
    const ana = desk(site);
    const ben = desk(site, "ben");
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    await ben.sync.open();
    await settled(ben);
    const theirs = ben.masks.all[0]!;
    expect(theirs).toMatchObject({ id: mask.id, name: "Mask", author: "ana", mine: false, editable: true });
    expect(voxels(theirs)).toEqual(voxels(mask));
    paint(ana, mask, 3, 0, 4);
    await settled(ana);
    ben.sync.hear([mask.id]);
    await vi.waitFor(() => { expect(voxels(theirs)).toEqual(voxels(mask)); });
    ana.masks.remove(mask);
    await settled(ana);
    ben.sync.hear([mask.id]);
    await vi.waitFor(() => { expect(ben.masks.all).toEqual([]); });
  });

  it("is gone for another reader who did not hear of it, or heard of it while it was read", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    const ben = desk(site, "ben");
    await ben.sync.open();
    await settled(ben);
    let goOn = (): void => undefined;
    const held = new Promise<void>((done) => { goOn = done; });
    const { read } = site;
    site.read = async (pk, since) => {
      const found = await read(pk, since);
      await held;
      return found;
    };
    const cay = desk(site, "cay");
    await cay.sync.open();
    ana.masks.remove(mask);
    await settled(ana);
    cay.sync.hear([mask.id]);
    await new Promise((done) => { setTimeout(done, 300); });
    goOn();
    await vi.waitFor(() => { expect(cay.masks.all).toEqual([]); });
    expect(ben.masks.all).toHaveLength(1);
    await ben.sync.reload();
    await vi.waitFor(() => { expect(ben.masks.all).toEqual([]); });
  });

  it("is gone, or has its new name, for another reader whose slices came faster than the news", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const deleted = ana.masks.create(ana.image, { name: "Old" });
    const renamed = ana.masks.create(ana.image, { name: "Named" });
    for (const mask of [deleted, renamed]) paint(ana, mask, 2, 3, 9);
    await settled(ana);
    const { list } = site;
    // The list is as it was before, the slices are as they are after.
    site.list = async () => {
      const found = await list();
      ana.masks.remove(deleted);
      ana.masks.rename(renamed, "Named anew");
      await settled(ana);
      return found;
    };
    const ben = desk(site, "ben");
    await ben.sync.open();
    await settled(ben);
    ben.sync.hear([deleted.id, renamed.id]);
    await vi.waitFor(() => { expect(ben.masks.all.map(({ name }) => name)).toEqual(["Named anew"]); });
  });

  it("that is refused is not asked for again, which is said, until there is news of it", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    const { read } = site;
    let asked = 0;
    site.read = (pk, since) => {
      asked += 1;
      return asked > 3 ? read(pk, since) : Promise.resolve(asked < 3 ? null : "refused");
    };
    vi.useFakeTimers();
    const ben = desk(site, "ben");
    await ben.sync.open();
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(asked).toBe(3);
    expect(ben.masks.all).toMatchObject([{ unreadable: true, loading: false, editable: false }]);
    expect(ben.notices).toEqual(["“Mask” cannot be shown: The site does not give its voxels to you. Reload the page to try again."]);
    ben.sync.hear([mask.id]);
    await vi.waitFor(() => { expect(ben.masks.all).toMatchObject([{ unreadable: false, loading: false, editable: true }]); });
    expect(voxels(ben.masks.all[0]!)).toEqual(voxels(mask));
  });

  it("that is refused is gone when it is deleted", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    site.read = () => Promise.resolve("refused");
    const ben = desk(site, "ben");
    await ben.sync.open();
    await vi.waitFor(() => { expect(ben.masks.all).toMatchObject([{ unreadable: true }]); });
    ana.masks.remove(mask);
    await settled(ana);
    ben.sync.hear([mask.id]);
    await vi.waitFor(() => { expect(ben.masks.all).toEqual([]); });
  });

  it("is what the last news said when its image is described later", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const old = ana.masks.create(ana.image, { name: "Old" });
    paint(ana, old, 2, 3, 9);
    await settled(ana);
    let described = false;
    const ben = desk(site, "ben", new MemoryBuffer(), () => described);
    await ben.sync.open();
    ana.masks.remove(old);
    const fresh = ana.masks.create(ana.image, { name: "Fresh" });
    paint(ana, fresh, 3, 0, 4);
    await settled(ana);
    ben.sync.hear([old.id, fresh.id]);
    await new Promise((done) => { setTimeout(done, 300); });
    described = true;
    ben.maskSync.described();
    await settled(ben);
    expect(ben.masks.all.map(({ name }) => name)).toEqual(["Fresh"]);
    expect(voxels(ben.masks.all[0]!)).toEqual(voxels(fresh));
  });

  it("is not called saved while a stroke that goes on is not", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    const edit = ana.masks.begin(mask, "everything");
    edit.run(2, 3, 9, 1);
    ana.masks.show(mask, edit);
    // The site takes the new mask, still empty, while the hand paints on.
    await vi.waitFor(() => { expect(site.rows.has(mask.id)).toBe(true); });
    await vi.waitFor(() => { expect(ana.autosave.status.kind).toBe("saved"); });
    expect(mask.saving).toBe("waiting");
    ana.masks.commit(mask, edit, "Painted");
    await settled(ana);
    expect(await siteVoxels(site, mask.id)).toEqual(voxels(mask));
  });

  it("is saved when a stroke is taken back, or changed nothing", async () => {
    const site = new Site();
    const ana = desk(site);
    await ana.sync.open();
    const mask = ana.masks.create(ana.image);
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    const edit = ana.masks.begin(mask, "everything");
    edit.run(2, 8, 12, 1);
    ana.masks.show(mask, edit);
    expect(mask.saving).toBe("waiting");
    ana.masks.abandon(mask, edit);
    expect(mask.saving).toBe("saved");
    paint(ana, mask, 2, 3, 9);
    await settled(ana);
    expect(await siteVoxels(site, mask.id)).toEqual(voxels(mask));
  });

  it("loses nothing when the browser dies", async () => {
    const site = new Site();
    const buffer = new MemoryBuffer();
    const before = desk(site, "ana", buffer);
    await before.sync.open();
    const old = before.masks.create(before.image, { name: "Old" });
    paint(before, old, 1, 0, 4);
    await settled(before);
    site.away = true;
    paint(before, old, 1, 10, 14);
    const fresh = before.masks.create(before.image, { name: "Fresh" });
    paint(before, fresh, 5, 6, 9);
    await vi.waitFor(async () => { expect(await buffer.all()).toHaveLength(2); });
    const after = desk(site, "ana", buffer);
    const opening = after.sync.open();
    await vi.waitFor(() => { expect(after.masks.all.map(({ name }) => name)).toEqual(["Fresh"]); });
    site.away = false;
    await opening;
    await after.sync.reload();
    await settled(after);
    const names = new Map(after.masks.all.map((mask) => [mask.name, mask]));
    expect(voxels(names.get("Old")!)).toEqual(voxels(old));
    expect(voxels(names.get("Fresh")!)).toEqual(voxels(fresh));
    expect(await siteVoxels(site, old.id)).toEqual(voxels(old));
    expect(await siteVoxels(site, fresh.id)).toEqual(voxels(fresh));
  });
});

describe("a conflict in words", () => {
  it("counts slices as people do, and not all of many", () => {
    expect(slicesText([4])).toBe("slice 5");
    expect(slicesText([0, 1, 2, 7])).toBe("slices 1–3, 8");
    expect(slicesText([0, 2, 4, 6, 8, 10, 12, 14])).toBe("slices 1, 3, 5, 7, 9, 11, 8 in all");
  });

  it("says what a side did, and not what both have", () => {
    const known = { name: "Mask", segments: [{ name: "Liver" }] };
    const value = { segments: [{ voxel_value: 1, name: "Liver" }] };
    expect(maskText({ label: "Mask", value }, [3], known)).toEqual(["Painted: slice 4"]);
    expect(maskText({ label: "Left", value }, null, known)).toEqual(["Name: Left"]);
    expect(maskText({ deleted: true }, [3])).toEqual(["Deleted"]);
    expect(maskText({}, null)).toEqual(["A mask"]);
  });
});

describe("two readers on one mask", () => {
  async function both(): Promise<{ site: Site; ana: Desk; ben: Desk; mine: Mask; theirs: Mask }> {
    const site = new Site();
    const ana = desk(site);
    const ben = desk(site, "ben");
    await ana.sync.open();
    const mine = ana.masks.create(ana.image);
    paint(ana, mine, 0, 0, 4);
    await settled(ana);
    await ben.sync.open();
    await settled(ben);
    return { site, ana, ben, mine, theirs: ben.masks.all[0]! };
  }

  it("keep what each painted on slices of their own", async () => {
    const { site, ana, ben, mine, theirs } = await both();
    paint(ana, mine, 1, 0, 4);
    await settled(ana);
    paint(ben, theirs, 2, 5, 9);
    await settled(ben);
    expect(ben.troubles).toEqual([]);
    expect([theirs.map.count(1), await siteVoxels(site, mine.id)]).toEqual([12, voxels(theirs)]);
    ana.sync.hear([mine.id]);
    await vi.waitFor(() => { expect(voxels(mine)).toEqual(voxels(theirs)); });
  });

  it.each(["mine", "theirs", "both"] as const)("decide where they met in a slice: %s", async (decision) => {
    const { site, ana, ben, mine, theirs } = await both();
    paint(ana, mine, 1, 0, 4);
    paint(ana, mine, 3, 0, 4);
    await settled(ana);
    paint(ben, theirs, 1, 20, 30);
    await vi.waitFor(() => { expect(ben.troubles).toEqual([mine.id]); });
    expect((await siteVoxels(site, mine.id))[1]).toEqual(voxels(mine)[1]);
    expect(theirs.saving).toBe("conflict");
    const meeting = ben.maskSync.meeting({ annotation: mine.id })!;
    expect(meeting).toEqual({ mine: [1], theirs: [1, 3] });
    expect(meetingText(meeting)).toBe("Both of you painted slice 2. If you keep yours, what was painted in other slices stays, too.");
    await ben.autosave.decide(mine.id, decision);
    await settled(ben);
    const stands = await siteVoxels(site, mine.id);
    expect(voxels(theirs)).toEqual(stands);
    expect(stands[3]).toEqual(voxels(mine)[3]);
    const row = Array.from({ length: LENGTH }, (_, at) => Number(decision === "mine" ? at >= 20 && at < 30 : at < 4));
    expect(stands[1]).toEqual(row);
    if (decision !== "both") return;
    const copy = ben.masks.all.find(({ id }) => id !== mine.id)!;
    expect(copy).toMatchObject({ mine: true, author: "ben" });
    expect(await siteVoxels(site, copy.id)).toEqual(voxels(copy));
    expect([copy.map.slice(1)[25], copy.map.slice(1)[0], copy.map.slice(0)[0]]).toEqual([1, 0, 1]);
  });

  /** Numbers that are the same in every run. */
  function dice(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor(state / 65536) % below;
    };
  }

  async function bothSaved(site: Site, ana: Desk, ben: Desk, pk: string): Promise<void> {
    site.away = false;
    await vi.waitFor(async () => {
      for (const each of [ana, ben]) {
        for (const { annotation } of each.autosave.conflicts) await each.autosave.decide(annotation, "theirs");
        each.autosave.wake();
        each.sync.hear([pk]);
      }
      expect([ana.autosave.status.kind, ben.autosave.status.kind]).toEqual(["saved", "saved"]);
      const stands = await siteVoxels(site, pk);
      for (const each of [ana, ben]) expect(voxels(each.masks.get(pk)!)).toEqual(stands);
    }, { timeout: 8000, interval: 200 });
  }

  it.each([1, 2, 3])("each keep all of their strokes on slices of their own, however the line breaks (%i)", async (seed) => {
    const { site, ana, ben, mine, theirs } = await both();
    site.deafEvery = 4;
    const next = dice(seed);
    const drawn: [Map<number, number[]>, Map<number, number[]>] = [new Map(), new Map()];
    for (let step = 0; step < 60; step += 1) {
      const side = next(2);
      const [who, mask] = side === 0 ? ([ana, mine] as const) : ([ben, theirs] as const);
      const k = 1 + next(2) + 2 * side;
      if (mask.editable) {
        paint(who, mask, k, next(16), 16 + next(16), next(3) === 0 ? 0 : 1);
        drawn[side as 0 | 1].set(k, [...mask.map.slice(k)]);
      }
      if (next(5) === 0) site.away = !site.away;
      if (next(3) === 0) (who === ana ? ben : ana).sync.hear([mine.id]);
      if (next(2) === 0) await new Promise((resolve) => { setTimeout(resolve, next(4)); });
      ana.autosave.wake();
      ben.autosave.wake();
    }
    await bothSaved(site, ana, ben, mine.id);
    const stands = await siteVoxels(site, mine.id);
    for (const side of drawn) for (const [k, labels] of side) expect(stands[k]).toEqual(labels);
    expect([ana.troubles, ben.troubles]).toEqual([[], []]);
    expect([...drawn[0].keys(), ...drawn[1].keys()].length).toBe(4);
  }, 20_000);

  it.each([42, 7, 19])("end up with the same, whatever is undone and decided on the way (%i)", async (seed) => {
    const { site, ana, ben, mine, theirs } = await both();
    site.deafEvery = 5;
    const next = dice(seed);
    for (let step = 0; step < 90; step += 1) {
      const [who, mask] = next(2) === 0 ? ([ana, mine] as const) : ([ben, theirs] as const);
      if (mask.editable) {
        if (next(6) === 0) who.history.undo();
        else paint(who, mask, next(6), next(16), 16 + next(16), next(3) === 0 ? 0 : 1);
      }
      if (next(5) === 0) site.away = !site.away;
      if (next(3) === 0) (who === ana ? ben : ana).sync.hear([mine.id]);
      if (next(2) === 0) await new Promise((resolve) => { setTimeout(resolve, next(4)); });
      for (const each of [ana, ben]) {
        for (const { annotation } of each.autosave.conflicts) void each.autosave.decide(annotation, next(2) === 0 ? "mine" : "theirs");
        each.autosave.wake();
      }
    }
    await bothSaved(site, ana, ben, mine.id);
    // And both can go on: whatever went on before, nobody's mask is held still for good.
    site.deafEvery = 0;
    for (const [who, mask, k] of [[ana, mine, 0], [ben, theirs, 5]] as const) {
      await vi.waitFor(() => { expect(mask.editable).toBe(true); }, { timeout: 4000 });
      paint(who, mask, k, 0, LENGTH);
      await bothSaved(site, ana, ben, mine.id);
      expect(site.log.at(-1)).toMatchObject({ by: who === ana ? "ana" : "ben", slices: [{ index: k }] });
    }
  }, 20_000);
});

describe("what is sent", () => {
  it("is a slice as it is, deflated", async () => {
    const labels = Uint8Array.from({ length: LENGTH }, (_, at) => Number(at > 3));
    expect(await unpackSlice(await packSlice(labels), "uint8", LENGTH)).toEqual(labels);
  });
});
