/** People who paint masks, and the site between them, without a screen. */

import { expect, vi } from "vitest";
import type { Sent } from "../../viewer/frontend/src/core/annotation-api";
import type { Change, ChangeResult, DisplaySet, SliceChange, StoredAnnotation } from "../../viewer/frontend/src/core/annotations";
import { budgetsFor } from "../../viewer/frontend/src/core/budgets";
import { MemoryBuffer } from "../../viewer/frontend/src/core/buffer";
import { Caches } from "../../viewer/frontend/src/core/caches";
import { Layer } from "../../viewer/frontend/src/core/layer";
import type { MaskApi, StoredMask } from "../../viewer/frontend/src/core/mask-api";
import { unpackSlice } from "../../viewer/frontend/src/core/masks/slice-codec";
import { AnnotationSync } from "../../viewer/frontend/src/state/annotation-sync";
import { Annotations } from "../../viewer/frontend/src/state/annotations";
import { Autosave } from "../../viewer/frontend/src/state/autosave";
import { Drawing } from "../../viewer/frontend/src/state/drawing";
import { History } from "../../viewer/frontend/src/state/history";
import type { MaskValue } from "../../viewer/frontend/src/state/mask-rows";
import { MaskSync } from "../../viewer/frontend/src/state/mask-sync";
import { type Mask, Masks } from "../../viewer/frontend/src/state/masks";
import { layerMeta } from "./layers";

const IMAGE = "0195aaaa-0000-7000-8000-000000000001";
const META = layerMeta({ image: IMAGE, size: [8, 4, 6], levels: 1, level_sizes: [[8, 4]] });
export const LENGTH = 32;

/** The site after docs/annotations.md: a change builds on what stands, slices hold declared labels only. */
export class Site {
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

  read = (pk: string, since?: number): Promise<StoredMask | "refused" | null> => {
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

export function desk(site: Site, reader = "ana", buffer = new MemoryBuffer(), described: () => boolean = () => true) {
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

export type Desk = ReturnType<typeof desk>;

/** One stroke: voxels of a slice get a label. */
export function paint({ masks }: Desk, mask: Mask, k: number, from: number, to: number, label = 1): void {
  const edit = masks.begin(mask, "everything");
  edit.run(k, from, to, label);
  masks.commit(mask, edit, "Painted");
}

export async function settled({ autosave, masks }: Desk): Promise<void> {
  await vi.waitFor(() => {
    expect(autosave.status.kind).toBe("saved");
    expect(masks.all.map(({ saving, loading }) => [saving, loading])).toEqual(masks.all.map(() => ["saved", false]));
  }, { timeout: 5000, interval: 5 });
}

export function voxels(mask: Mask): number[][] {
  return Array.from({ length: 6 }, (_, k) => [...mask.map.slice(k)]);
}

export async function siteVoxels(site: Site, pk: string): Promise<number[][]> {
  const out: number[][] = [];
  for (let k = 0; k < 6; k += 1) out.push([...(await unpackSlice(site.slices.get(pk)?.get(k)?.data ?? "", "uint8", LENGTH))]);
  return out;
}
