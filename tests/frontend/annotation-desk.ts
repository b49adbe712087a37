/** A site that keeps annotations, and readers at desks of their own. */

import { expect, vi } from "vitest";
import type { Sent } from "../../viewer/frontend/src/core/annotation-api";
import type { Change, ChangeResult, DisplaySet, StoredAnnotation } from "../../viewer/frontend/src/core/annotations";
import { MemoryBuffer } from "../../viewer/frontend/src/core/buffer";
import { AnnotationSync } from "../../viewer/frontend/src/state/annotation-sync";
import { type Annotation, Annotations } from "../../viewer/frontend/src/state/annotations";
import { Autosave } from "../../viewer/frontend/src/state/autosave";
import { Drawing } from "../../viewer/frontend/src/state/drawing";
import { History } from "../../viewer/frontend/src/state/history";
import type { DistanceValue } from "../../viewer/frontend/src/tools/values";

export const IMAGE = "0195aaaa-0000-7000-8000-000000000001";

/** The site after docs/annotations.md: changes in order, never one over another that was not known. */
export class Site {
  readonly rows = new Map<string, StoredAnnotation>();
  readonly seen: string[] = [];
  away = false;
  /** Stores, but its answer is lost. */
  deaf = false;
  refuse: (change: Change) => string | null = () => null;

  send = (changes: readonly Change[], author = "ana"): Promise<Sent> => {
    if (this.away) return Promise.resolve({ kind: "away" });
    const results = changes.map((change) => this.take(change, author));
    return Promise.resolve(this.deaf ? { kind: "away" } : { kind: "answered", results });
  };

  list = (): Promise<readonly StoredAnnotation[] | null> =>
    Promise.resolve(this.away ? null : [...this.rows.values()].filter(({ deleted }) => !deleted));

  one = (pk: string): Promise<StoredAnnotation | null> => Promise.resolve(this.away ? null : (this.rows.get(pk) ?? null));

  private take(change: Change, author: string): ChangeResult {
    const now = this.rows.get(change.annotation) ?? null;
    const answer = (status: ChangeResult["status"], version: number | null, detail = ""): ChangeResult => ({
      id: change.id, annotation: change.annotation, status, version, current: this.rows.get(change.annotation) ?? null, problem: detail ? { detail } : null,
    });
    if (this.seen.includes(change.id)) return answer("repeated", now?.version ?? null);
    const problem = this.refuse(change);
    if (problem) return answer("refused", null, problem);
    if ((now?.revision ?? null) !== change.base) return answer("conflict", null);
    this.seen.push(change.id);
    this.rows.set(change.annotation, {
      ...(now ?? { pk: change.annotation, image: `https://site/api/v1/cases/images/${change.image!}/`, author, kind: change.kind!, tool: change.tool!, version: 0, label: "", color: "", frame: null, deleted: false, value: null, revision: "", changed_by: author }),
      ...(change.value === undefined ? {} : { value: change.value }),
      ...(change.label === undefined ? {} : { label: change.label }),
      ...(change.color === undefined ? {} : { color: change.color }),
      ...(change.deleted === undefined ? {} : { deleted: change.deleted }),
      ...(change.frame === undefined ? {} : { frame: change.frame }),
      version: (now?.version ?? 0) + 1,
      revision: change.id,
      changed_by: author,
    });
    return answer("saved", this.rows.get(change.annotation)!.version);
  }
}

/** As good as a disk for those who ask. */
export class LastingBuffer extends MemoryBuffer {
  override readonly lasting = true;
}

export function desk(site: Site, reader = "ana", buffer = new MemoryBuffer(), others: DisplaySet["others"] = "edit") {
  const history = new History();
  const annotations = new Annotations(history);
  const drawing = new Drawing((drawn) => { annotations.draw(drawn); });
  const autosave = new Autosave({ api: { send: (changes) => site.send(changes, reader) }, buffer });
  const api = { list: site.list, one: site.one } as unknown as ConstructorParameters<typeof AnnotationSync>[0]["api"];
  const sync = new AnnotationSync({ annotations, drawing, autosave, api, buffer, set: { source: "archive-item", object: "o", reader, others } });
  return { history, annotations, drawing, autosave, sync, buffer };
}

export type Desk = ReturnType<typeof desk>;

export function line(x: number): DistanceValue {
  return { type: "Distance measurement", version: { major: 1, minor: 0 }, start: [0, 0, 0], end: [x, 0, 0] };
}

export function draw({ annotations }: Desk, x = 1): Annotation {
  return annotations.draw({ tool: "length", image: IMAGE, frame: { timepoint: 0, normal: [0, 0, 1], up: [0, -1, 0] }, value: line(x) });
}

export function move({ annotations }: Desk, id: string, x: number): void {
  annotations.change(id, { value: line(x) });
}

export function lengthOf(row: { value: unknown } | undefined): number | undefined {
  return (row?.value as DistanceValue | undefined)?.end[0];
}

export async function settled({ autosave }: Desk): Promise<void> {
  await vi.waitFor(() => { expect(autosave.status.kind).toBe("saved"); });
}
