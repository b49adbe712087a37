/** Everything the reader can change, as one value. */

import type { Vec3 } from "../core/meta";
import type { PlaneName } from "../core/planes";
import { FITTED, type View } from "../core/view-transform";
import type { Window } from "../core/window-level";

export type Tool = "window" | "scroll" | "pan" | "zoom";

export interface ViewState {
  /** Layer that is shown as the picture. */
  readonly image: number;
  readonly plane: PlaneName;
  /** Voxel through which all planes go. */
  readonly focus: Vec3;
  readonly timepoint: number;
  readonly direction: -1 | 0 | 1;
  readonly views: Readonly<Record<PlaneName, View>>;
  readonly window: Window;
  /** Preset that the window came from; null once dragged. */
  readonly preset: string | null;
  readonly inverted: boolean;
  readonly tool: Tool;
  readonly overlaysShown: boolean;
  readonly opacity: number;
  /** Overlay layers switched off one by one, and hidden labels as `layer:label`. */
  readonly hiddenLayers: ReadonlySet<number>;
  readonly hiddenLabels: ReadonlySet<string>;
  readonly crosshair: boolean;
  /** Pointer on the stage in CSS pixels, null when outside. */
  readonly pointer: readonly [number, number] | null;
}

export const INITIAL: ViewState = {
  image: 0,
  plane: "axial",
  focus: [0, 0, 0],
  timepoint: 0,
  direction: 0,
  views: { axial: FITTED, coronal: FITTED, sagittal: FITTED },
  window: { center: 127.5, width: 255 },
  preset: null,
  inverted: false,
  tool: "window",
  overlaysShown: true,
  opacity: 0.45,
  hiddenLayers: new Set(),
  hiddenLabels: new Set(),
  crosshair: false,
  pointer: null,
};
