/** What a tool is. Each has a file of its own and a place in `registry.ts`; all of them are pure. */

import type { Vec3 } from "../core/meta";
import type { Facing } from "../render/sections";
import type { GeometryKind, GeometryValue } from "./values";

/** How a reader gives the points of one annotation. */
export type Taking =
  /** So many places, by clicks or, for two, by one drag. */
  | { readonly by: "points"; readonly count: number }
  /** Any number of places until the reader says it is done; a closed one also ends at its first place. */
  | { readonly by: "path"; readonly least: number; readonly closed: boolean }
  /** Everything the pointer runs over while it is down. */
  | { readonly by: "stroke"; readonly least: number };

/** A line to draw. Points lie in the patient, LPS millimetres. */
export interface Path {
  readonly points: readonly Vec3[];
  readonly closed: boolean;
  /** A point by itself has no line. */
  readonly look?: "point" | "arrow" | "thin";
}

/** A plane that a pane shows: what lies within `reach` millimetres of it is in it. */
export interface Cut {
  readonly facing: Facing;
  readonly point: Vec3;
  readonly reach: number;
}

/** Something that was measured. */
export interface Figure {
  /** As in the table of measurements: `Length`, `Area`, … */
  readonly name: string;
  readonly value: number;
  readonly unit: "mm" | "mm²" | "mm³" | "°" | "";
}

export interface ToolDefinition<V extends GeometryValue = GeometryValue> {
  readonly id: string;
  /** What it makes. */
  readonly kind: GeometryKind;
  readonly takes: Taking;
  /** Shown in every plane it comes near, not only in the one it was drawn in. */
  readonly spatial?: true;
  /** Null while the places make nothing: two of them are one, or there are too few. */
  make(places: readonly Vec3[], facing: Facing): V | null;
  /** Whether a value from elsewhere has the form that this tool edits. */
  fits(value: GeometryValue): boolean;
  handles(value: V): readonly Vec3[];
  /** Handle `index` taken to a place in the plane `facing`. */
  moved(value: V, index: number, to: Vec3, facing: Facing): V;
  /** Brings a value into its final form when the reader lets go. */
  settled?(value: V): V;
  paths(value: V): readonly Path[];
  /** For bodies: their outline in a plane, in place of `paths`. */
  section?(value: V, cut: Cut): readonly Path[];
  /** For bodies: where handles lie in a plane; null for those that are not in it. */
  handlesIn?(value: V, cut: Cut): readonly (Vec3 | null)[];
  figures(value: V): readonly Figure[];
  /** The outline of what pixel values are taken from. */
  region?(value: V): readonly Vec3[];
}
