/** What is being drawn and is no annotation yet. Kept between visits, so that a half-drawn outline is there after a reload. */

import { Emitter } from "../core/emitter";
import type { Frame } from "../core/annotations";
import type { Vec3 } from "../core/meta";
import { along } from "../render/vectors";
import type { Facing } from "../render/sections";
import { SAME_PLACE, distance, height } from "../tools/geometry";
import { type DrawingTool, toolNamed } from "../tools/registry";
import type { GeometryValue } from "../tools/values";
import type { PaneId } from "./workspace-state";

/** Where a pane puts what is drawn in it. */
export interface Ground {
  readonly pane: PaneId;
  /** UUID of the image. */
  readonly image: string;
  readonly timepoint: number;
  /** As it lies on the screen. */
  readonly facing: Facing;
}

export interface Draft extends Ground {
  readonly tool: DrawingTool;
  readonly places: readonly Vec3[];
}

export interface Drawn {
  readonly tool: DrawingTool;
  readonly image: string;
  readonly frame: Frame;
  readonly value: GeometryValue;
}

/** Millimetres between points of a stroke: finer than voxels, and a hand's jitter is left out. */
const STROKE_STEP = 0.2;
/** More are thinned out: the site takes 20,000 points of one annotation. */
const MOST_STROKE_POINTS = 4000;
/** Pause between two times that a stroke is written down while it goes on (ms): each time all of it is. */
const STROKE_KEPT_EVERY = 250;

export class Drawing extends Emitter<{ change: null; kept: Draft | null; restored: Draft }> {
  private current: Draft | null = null;
  private pointer: Vec3 | null = null;
  private strokeTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly onDrawn: (drawn: Drawn) => void;

  constructor(onDrawn: (drawn: Drawn) => void) {
    super();
    this.onDrawn = onDrawn;
  }

  get draft(): Draft | null { return this.current; }

  /** What would be made if the reader clicked here now; null while that is nothing. */
  get outlook(): GeometryValue | null {
    const { current, pointer } = this;
    if (!current) return null;
    const tool = toolNamed(current.tool);
    return tool.make(pointer ? [...current.places, pointer] : current.places, current.facing);
  }

  /** The places so far and the pointer: what is drawn while there is no outlook. */
  get trail(): readonly Vec3[] {
    const { current, pointer } = this;
    if (!current) return [];
    return pointer ? [...current.places, pointer] : current.places;
  }

  /** One more place. `again`: the reader gave the last place once more, or the first of a closed outline: it is done. */
  place(tool: DrawingTool, ground: Ground, world: Vec3, again = false): void {
    const draft = this.current?.tool === tool && this.current.image === ground.image ? this.current : null;
    if (draft && again) {
      this.finish();
      return;
    }
    const next: Draft = draft ?? { ...ground, tool, places: [] };
    const place = this.onGround(next, world);
    const last = next.places.at(-1);
    if (last && distance(last, place) < SAME_PLACE) return;
    this.keep({ ...next, places: [...next.places, place] });
    const { takes } = toolNamed(tool);
    if (takes.by === "points" && this.current?.places.length === takes.count) this.finish();
  }

  /** The pointer runs over a place while it is down. */
  stroke(tool: DrawingTool, ground: Ground, world: Vec3): void {
    const draft = this.current?.tool === tool && this.current.image === ground.image ? this.current : { ...ground, tool, places: [] };
    const place = this.onGround(draft, world);
    const last = draft.places.at(-1);
    if (last && distance(last, place) < STROKE_STEP) return;
    this.current = { ...draft, places: [...draft.places, place] };
    this.pointer = null;
    this.strokeTimer ??= setTimeout(() => {
      this.strokeTimer = undefined;
      if (this.current) this.emit("kept", this.current);
    }, STROKE_KEPT_EVERY);
    this.emit("change", null);
  }

  hover(world: Vec3 | null): void {
    const { current } = this;
    if (!current || (world === null && this.pointer === null)) return;
    this.pointer = world && this.onGround(current, world);
    this.emit("change", null);
  }

  /** Makes the annotation, if there is enough for one. */
  finish(): boolean {
    const { current } = this;
    if (!current) return false;
    const tool = toolNamed(current.tool);
    const least = tool.takes.by === "points" ? tool.takes.count : tool.takes.least;
    if (current.places.length < least) return false;
    const places = tool.takes.by === "stroke" ? thinned(current.places) : current.places;
    const value = tool.make(places, current.facing);
    if (!value) return false;
    const { facing, timepoint, image } = current;
    this.keep(null);
    this.onDrawn({ tool: current.tool, image, frame: { timepoint, normal: facing.normal, up: facing.up }, value: tool.settled?.(value) ?? value });
    return true;
  }

  /** Takes the last place back; the first one ends the draft. */
  back(): boolean {
    const { current } = this;
    if (!current) return false;
    const places = current.places.slice(0, -1);
    this.keep(places.length === 0 ? null : { ...current, places });
    return true;
  }

  cancel(): boolean {
    if (!this.current) return false;
    this.keep(null);
    return true;
  }

  /** A draft of an earlier visit. */
  restore(draft: Draft): void {
    if (this.current) return;
    this.keep(draft);
    this.emit("restored", draft);
  }

  private keep(draft: Draft | null): void {
    clearTimeout(this.strokeTimer);
    this.strokeTimer = undefined;
    this.current = draft;
    this.pointer = null;
    this.emit("kept", draft);
    this.emit("change", null);
  }

  /** Flat figures stay in the plane of their first place, wherever the reader scrolls meanwhile. */
  private onGround({ tool, facing, places }: Draft, world: Vec3): Vec3 {
    const [first] = places;
    const definition = toolNamed(tool);
    const flat = definition.region !== undefined || definition.spatial !== undefined;
    if (!first || !flat) return world;
    return along(world, facing.normal, -height({ facing, point: first }, world));
  }
}

function thinned(places: readonly Vec3[]): readonly Vec3[] {
  const step = Math.ceil(places.length / MOST_STROKE_POINTS);
  return step === 1 ? places : places.filter((_, index) => index % step === 0);
}
