import { describe, expect, it, vi } from "vitest";
import type { Sent } from "../../viewer/frontend/src/core/annotation-api";
import type { Change, ChangeResult, DisplaySet, SliceChange, StoredAnnotation } from "../../viewer/frontend/src/core/annotations";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { MemoryBuffer } from "../../viewer/frontend/src/core/buffer";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { MaskApi, StoredMask } from "../../viewer/frontend/src/core/mask-api";
import { packSlice, unpackSlice } from "../../viewer/frontend/src/core/masks/slice-codec";
import { AnnotationSync } from "../../viewer/frontend/src/state/annotation-sync";
import { Annotations } from "../../viewer/frontend/src/state/annotations";
import { Autosave } from "../../viewer/frontend/src/state/autosave";
import { Drawing } from "../../viewer/frontend/src/state/drawing";
import { History } from "../../viewer/frontend/src/state/history";
import type { MaskValue } from "../../viewer/frontend/src/state/mask-rows";
import { MaskSync } from "../../viewer/frontend/src/state/mask-sync";
import { type Mask, Masks } from "../../viewer/frontend/src/state/masks";
import { maskText, meetingText, slicesText } from "../../viewer/frontend/src/panels/mask-words";
import { layerMeta } from "./layers";

const IMAGE = "0195aaaa-0000-7000-8000-000000000001";
const META = layerMeta({ image: IMAGE, size: [8, 4, 6], levels: 1, level_sizes: [[8, 4]] });
const LENGTH = 32;

/** The site after docs/annotations.md: a change builds on what stands, slices hold declared labels only. */
class Site {
  readonly rows = new Map<string, StoredAnnotation>();
  /** Of each mask: every slice with the version that wrote it. */
  readonly slices = new Map<string, Map<number, SliceChange & { readonly version: number }>>();
  /** Slices of each stored version, as they were sent. */
  readonly log: { readonly pk: string; readonly by: string; readonly slices: readonly SliceChange[] }[] = [];
  private readonly seen = new Map<string, number>();
  away = false;
  /** Every so many requests the answer is lost. */
  deafEvery = 0;
  private requests = 0;
  private turn: Promise<unknown> = Promise.resolve();

  send = async (changes: readonly Change[], author: string): Promise<Sent> => {
    if (this.away) return { kind: "away" };
    const results: ChangeResult[] = [];
    for (const change of changes) {
      // Each in a transaction of its own.
      const turn = this.turn.then(() => this.take(change, author));
      this.turn = turn;
      results.push(await turn);
    }
    this.requests += 1;
    return this.deafEvery > 0 && this.requests % this.deafEvery === 0 ? { kind: "away" } : { kind: "answered", results };
  };

  list = (): Promise<readonly StoredAnnotation[] | null> =>
    Promise.resolve(this.away ? null : [...this.rows.values()].filter(({ deleted }) => !deleted));

  one = (pk: string): Promise<StoredAnnotation | null> => Promise.resolve(this.away ? null : (this.rows.get(pk) ?? null));

  read = (pk: string, since?: number): Promise<StoredMask | null> => {
    const row = this.rows.get(pk);
    if (this.away || !row) return Promise.resolve(null);
    const all = [...(this.slices.get(pk)?.values() ?? [])];
    const slices = all.filter(({ version, data }) => (since === undefined ? data !== "" : version > since));
    return Promise.resolve({ revision: row.revision, version: row.version, bits: 8, slices });
  };

  private async take(change: Change, author: string): Promise<ChangeResult> {
    const now = this.rows.get(change.annotation) ?? null;
    const answer = (status: ChangeResult["status"], version: number | null, detail = ""): ChangeResult => ({
      id: change.id, annotation: change.annotation, status, version, problem: detail ? { detail } : null,
      current: status === "conflict" ? (this.rows.get(change.annotation) ?? null) : null,
    });
    const before = this.seen.get(change.id);
    if (before !== undefined) return answer("repeated", before);
    if ((now?.revision ?? null) !== change.base) return answer("conflict", null);
    const value = (change.value ?? now?.value ?? {}) as MaskValue;
    const declared = new Set([0, ...(value.segments?.map(({ voxel_value }) => voxel_value) ?? [])]);
    const sent = new Map(change.slices?.map((slice) => [slice.index, slice]));
    const standing = this.slices.get(change.annotation) ?? new Map<number, SliceChange & { version: number }>();
    for (const { data } of [...[...standing.values()].filter(({ index }) => !sent.has(index)), ...sent.values()]) {
      const labels = await unpackSlice(data, "uint8", LENGTH);
      if (labels.some((label) => !declared.has(label))) return answer("refused", null, "A voxel value that none of the segments has.");
    }
    const version = (now?.version ?? 0) + 1;
    this.seen.set(change.id, version);
    for (const slice of sent.values()) standing.set(slice.index, { ...slice, version });
    this.slices.set(change.annotation, standing);
    this.log.push({ pk: change.annotation, by: author, slices: [...sent.values()] });
    this.rows.set(change.annotation, {
      ...(now ?? { pk: change.annotation, image: `https://site/api/v1/cases/images/${change.image!}/`, author, kind: change.kind!, tool: change.tool!, label: "", color: "", frame: null, deleted: false, value: null }),
      ...(change.value === undefined ? {} : { value: change.value }),
      ...(change.label === undefined ? {} : { label: change.label }),
      ...(change.deleted === undefined ? {} : { deleted: change.deleted }),
      version,
      revision: change.id,
      changed_by: author,
    });
    return answer("saved", version);
  }
}

function desk(site: Site, reader = "ana", buffer = new MemoryBuffer(), described: () => boolean = () => true) {
  const image = new Layer(0, META, new Uint32Array(6), new Caches(budgetsFor(8)));
  const history = new History();
  let layers = 1;
  const masks = new Masks(history, { join: (make) => make(layers++), edited: () => undefined, changed: () => undefined });
  const notices: string[] = [];
  masks.on("notice", (notice) => notices.push(notice));
  const autosave = new Autosave({ api: { send: (changes) => site.send(changes, reader) }, buffer });
  const set: DisplaySet = { source: "archive-item", object: "o", reader, others: "edit" };
  const maskSync = new MaskSync({ masks, autosave, set, api: { read: site.read } as unknown as MaskApi, images: () => (described() ? [image] : []) });
  const annotations = new Annotations(history);
  const api = { list: site.list, one: site.one } as unknown as ConstructorParameters<typeof AnnotationSync>[0]["api"];
  const sync = new AnnotationSync({ annotations, drawing: new Drawing(() => undefined), autosave, api, buffer, set, masks: maskSync });
  const troubles: string[] = [];
  autosave.on("trouble", ({ annotation }) => troubles.push(annotation));
  return { image, history, masks, autosave, sync, maskSync, buffer, troubles, notices };
}

type Desk = ReturnType<typeof desk>;

/** One stroke: voxels of a slice get a label. */
function paint({ masks }: Desk, mask: Mask, k: number, from: number, to: number, label = 1): void {
  const edit = masks.begin(mask, "everything");
  edit.run(k, from, to, label);
  masks.commit(mask, edit, "Painted");
}

async function settled({ autosave, masks }: Desk): Promise<void> {
  await vi.waitFor(() => {
    expect(autosave.status.kind).toBe("saved");
    expect(masks.all.map(({ saving, loading }) => [saving, loading])).toEqual(masks.all.map(() => ["saved", false]));
  }, { timeout: 5000, interval: 5 });
}

function voxels(mask: Mask): number[][] {
  return Array.from({ length: 6 }, (_, k) => [...mask.map.slice(k)]);
}

async function siteVoxels(site: Site, pk: string): Promise<number[][]> {
  const out: number[][] = [];
  for (let k = 0; k < 6; k += 1) out.push([...(await unpackSlice(site.slices.get(pk)?.get(k)?.data ?? "", "uint8", LENGTH))]);
  return out;
}

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
