/** What the page says about how its display set hangs, and how the viewer behaves. */

import type { Protocol } from "./hanging";

export interface FilledSocket {
  readonly slug: string;
  readonly title: string;
  readonly kind: string;
  /** Key of the image in it; null where it holds none. */
  readonly image: string | null;
}

/** A protocol with the sockets that lie in its viewports for this display set. */
export interface HungProtocol {
  readonly pk: string;
  readonly title: string;
  readonly json: Protocol;
  readonly contents: Readonly<Record<string, readonly string[]>>;
}

export interface WindowPreset {
  readonly title: string;
  readonly center?: number;
  readonly width?: number;
  readonly lower_percentile?: number;
  readonly upper_percentile?: number;
}

/** As the site combined them; null leaves it to the viewer, which looks at the image. */
export interface ViewerSettings {
  readonly window_presets: readonly WindowPreset[];
  readonly default_window_preset: string | null;
  readonly default_slab_thickness_mm: number | null;
  readonly default_slab_render_method: "MAX" | "MIN" | "AVG" | null;
  readonly default_orientation: "A" | "C" | "S" | null;
  readonly default_image_interpolation: "NN" | "TL" | null;
  readonly default_overlay_interpolation: "NN" | "TL" | null;
  readonly default_overlay_alpha: number | null;
  readonly default_overlay_color_map: string | null;
  readonly default_zoom_scale: number | null;
  /** Diameter of the first brush, millimetres. */
  readonly default_brush_size: number | null;
  /** `#rrggbb` */
  readonly default_annotation_color: string | null;
  /** Pixels. */
  readonly default_annotation_line_width: number | null;
  readonly key_bindings: readonly { readonly key: string; readonly action: string }[];
  /** `show_…` and `link_…` switches, and settings for which the viewer has no use yet. */
  readonly [name: string]: unknown;
}

/** How a reader left the screen. Images are named by sockets, so that it fits the next case. */
export interface SavedLayout {
  /** Key of the protocol; null for a grid of rows and columns. */
  readonly protocol: string | null;
  /** Key of the protocol that cases began with then: what was remembered gives way to another one. */
  readonly offered: string | null;
  readonly rows: number;
  readonly columns: number;
  readonly panes: readonly SavedPane[];
  readonly links?: Readonly<Record<string, boolean>>;
  readonly crosshairs?: boolean;
}

export interface SavedPane {
  readonly socket: string | null;
  readonly orientation: "stored" | "axial" | "coronal" | "sagittal";
  /** Name of the viewport whose place it takes, where the reader moved it. */
  readonly place?: string | null;
}

/** What the case belongs to, such as a reader study, and whether the reader says how all of its cases hang. */
export interface Viewing {
  readonly kind: string;
  readonly title: string;
  readonly content: Readonly<Record<string, readonly string[]>>;
  readonly may_change: boolean;
  /** Of the API. */
  readonly url: string;
  readonly page: string;
  readonly protocols_url: string;
}

export interface Arrangement {
  readonly sockets: readonly FilledSocket[];
  /** The one to begin with comes first. */
  readonly protocols: readonly HungProtocol[];
  readonly remembered: SavedLayout | null;
  readonly settings: Partial<ViewerSettings>;
  readonly viewing: Viewing | null;
  readonly layout_url: string | null;
  readonly preferences_url: string;
}

export const NO_ARRANGEMENT: Arrangement = {
  sockets: [],
  protocols: [],
  remembered: null,
  settings: {},
  viewing: null,
  layout_url: null,
  preferences_url: "",
};

/** From the element that the page keeps it in; a page without one has no wishes. */
export function readArrangement(page: Pick<Document, "getElementById">): Arrangement {
  const text = page.getElementById("viewer-arrangement")?.textContent;
  if (!text) return NO_ARRANGEMENT;
  try {
    return { ...NO_ARRANGEMENT, ...(JSON.parse(text) as Partial<Arrangement>) };
  } catch {
    return NO_ARRANGEMENT;
  }
}
