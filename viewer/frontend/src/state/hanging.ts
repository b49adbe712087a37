/** From a hanging protocol and what lies in it to panes, and back to what is remembered. Pure. */

import type { Arrangement, HungProtocol, SavedLayout, SavedPane, ViewerSettings } from "../core/arrangement";
import { type Place, type Viewport, placesOf, rearranged } from "../core/hanging";
import type { LayerMeta } from "../core/meta";
import { sliceRange } from "../render/sections";
import { atIndex, atTimepoint, opened, withOrientation } from "./pane-changes";
import {
  DEFAULT_OVERLAY,
  FITTED,
  type Hanging,
  type Layout,
  type LinkName,
  type OverlayState,
  type PaneId,
  type PaneState,
  emptyPane,
} from "./workspace-state";

/** Layers of the session, and which socket each is the value of. */
export interface Hangable {
  readonly layers: readonly LayerMeta[];
  /** Slug of the socket behind a layer; null where the page does not say. */
  readonly sockets: readonly (string | null)[];
  /** Sockets that the case fills with what is no image. */
  readonly others: readonly string[];
}

export function hangable(layers: readonly LayerMeta[], arrangement: Arrangement): Hangable {
  const byImage = new Map(arrangement.sockets.map(({ image, slug }) => [image, slug] as const));
  const others = arrangement.sockets.filter(({ image }) => image === null).map(({ slug }) => slug);
  return { layers, sockets: layers.map(({ image }) => byImage.get(image) ?? null), others };
}

/** What the reader's screen is made of. */
export interface Hung {
  readonly hanging: Hanging;
  readonly panes: readonly PaneState[];
}

/** `taken`: whose place each viewport takes, where the reader moved some. */
export function hungPanes(
  protocol: HungProtocol,
  from: Hangable,
  settings: Partial<ViewerSettings> = {},
  taken: readonly number[] = protocol.json.map((_, index) => index),
): Hung {
  const places = placesOf(protocol.json);
  const contents = protocol.json.map((_, id) => contentsOf(protocol, places, id));
  const panes = protocol.json.map((viewport, id) => hungPane(id, viewport, contents[id] ?? [], from, settings));
  const hanging: Hanging = {
    protocol: protocol.pk,
    title: protocol.title,
    home: places,
    taken,
    places: rearranged(places, taken),
    values: contents.map((slugs, id) => (isPlain(places[id]) ? (slugs.find((slug) => from.others.includes(slug)) ?? null) : null)),
  };
  return { hanging, panes: following(panes, hanging, (pane) => metaOf(pane, from)) };
}

function metaOf(pane: PaneState, { layers }: Hangable): LayerMeta | undefined {
  return pane.image === null ? undefined : layers[pane.image];
}

/** Whether a viewport shows what lies in it, not its parent in some other way. */
function isPlain(place: Place | undefined): boolean {
  return place?.special === null || place?.special === "clientside";
}

/** A viewport with a parent and nothing of its own shows what its parent shows. */
function contentsOf({ contents }: HungProtocol, places: readonly Place[], id: number): readonly string[] {
  const seen = new Set<number>();
  for (let at: number | null = id; at !== null && !seen.has(at); at = places[at]?.parent ?? null) {
    seen.add(at);
    const own = contents[places[at]?.name ?? ""];
    if (own && own.length > 0) return own;
  }
  return [];
}

function hungPane(
  id: PaneId,
  viewport: Viewport,
  contents: readonly string[],
  from: Hangable,
  settings: Partial<ViewerSettings>,
): PaneState {
  const image = imageFor(contents, from);
  const meta = image === null ? undefined : from.layers[image];
  if (image === null || !meta) return emptyPane(id);
  const plain = colored(settled(opened(emptyPane(id), image, meta), meta, settings), from.layers, settings);
  const turned = viewport.orientation ? oriented(plain, meta, viewport.orientation) : plain;
  const begun = viewport.relative_start_position === undefined ? turned : startedAt(turned, meta, viewport.relative_start_position);
  return { ...begun, overlays: onlyThese(contents, from, begun.overlays) };
}

/** The first picture named; where only overlays are, the first picture of all. */
function imageFor(contents: readonly string[], { layers, sockets }: Hangable): number | null {
  const pictures = layers.map((_, index) => index).filter((index) => layers[index]?.role === "image");
  const named = contents.map((slug) => pictures.find((index) => sockets[index] === slug)).find((index) => index !== undefined);
  const overlay = contents.some((slug) => layers.some(({ role }, index) => role === "overlay" && sockets[index] === slug));
  return named ?? (overlay ? (pictures[0] ?? null) : null);
}

/** Overlays that do not lie in the viewport are there, but hidden: the reader can show them. */
function onlyThese(
  contents: readonly string[],
  { layers, sockets }: Hangable,
  before: PaneState["overlays"],
): Readonly<Record<number, OverlayState>> {
  const overlays: Record<number, OverlayState> = { ...before };
  layers.forEach(({ role }, index) => {
    if (role !== "overlay" || contents.includes(sockets[index] ?? "")) return;
    overlays[index] = { ...(before[index] ?? DEFAULT_OVERLAY), shown: false };
  });
  return overlays;
}

/** A single picture has no other planes. */
function oriented(pane: PaneState, meta: LayerMeta, orientation: "axial" | "coronal" | "sagittal"): PaneState {
  return meta.size[2] < 2 ? pane : withOrientation(pane, meta, orientation);
}

function startedAt(pane: PaneState, meta: LayerMeta, share: number): PaneState {
  const { count } = sliceRange(meta, pane.orientation, pane.facing, pane.focus);
  return { ...atIndex(pane, meta, Math.round(share * (count - 1))), direction: 0 };
}

const ORIENTATION_WORDS = { A: "axial", C: "coronal", S: "sagittal" } as const;
const SLAB_WORDS = { MAX: "mip", MIN: "minip", AVG: "average" } as const;

/** A pane that opens, as the study or the reader wants panes to open. */
export function settled(pane: PaneState, meta: LayerMeta, settings: Partial<ViewerSettings>): PaneState {
  const {
    default_orientation: plane, default_image_interpolation: pixels, default_zoom_scale: zoom,
    default_slab_render_method: method, default_slab_thickness_mm: thickness, default_overlay_alpha: alpha,
  } = settings;
  let made = plane ? oriented(pane, meta, ORIENTATION_WORDS[plane]) : pane;
  const preset = settings.window_presets?.find(({ title }) => title === settings.default_window_preset);
  if (preset?.center !== undefined && preset.width !== undefined && meta.components < 3) {
    made = { ...made, window: { center: preset.center, width: preset.width }, preset: `own:${preset.title}` };
  }
  if (pixels === "NN") made = { ...made, interpolation: "nearest" };
  if (zoom) made = { ...made, view: { ...made.view, zoom } };
  if (alpha !== undefined && alpha !== null) made = { ...made, overlayOpacity: alpha };
  if (method && meta.size[2] > 1) made = { ...made, slab: { mode: SLAB_WORDS[method], thickness: thickness ?? made.slab.thickness } };
  return made;
}

/** Heat maps begin with the colors that were set, smooth or not. */
export function colored(pane: PaneState, layers: readonly LayerMeta[], settings: Partial<ViewerSettings>): PaneState {
  const { default_overlay_color_map: colorMap, default_overlay_interpolation: between } = settings;
  if (!colorMap && !between) return pane;
  const look = { ...(colorMap ? { colorMap } : {}), ...(between ? { smooth: between === "TL" } : {}) };
  const overlays: Record<number, OverlayState> = { ...pane.overlays };
  layers.forEach(({ role, segments }, index) => {
    if (role === "overlay" && segments.length === 0) overlays[index] = { ...(overlays[index] ?? DEFAULT_OVERLAY), ...look };
  });
  return { ...pane, overlays };
}

// Viewports that depend on others

/** Panes that show their parent's image follow it: its slice, time and look. */
export function following(
  panes: readonly PaneState[],
  hanging: Hanging | null,
  meta: (pane: PaneState) => LayerMeta | undefined,
): readonly PaneState[] {
  if (!hanging || hanging.home.every(({ special }) => special === null)) return panes;
  return panes.map((pane) => {
    const place = hanging.home[pane.id];
    const parent = panes[place?.parent ?? -1];
    const special = place?.special;
    if (!parent || !special || special === "clientside") return pane;
    const geometry = meta(parent);
    return geometry ? follower(pane, parent, geometry, special) : pane;
  });
}

function follower(pane: PaneState, parent: PaneState, meta: LayerMeta, special: string): PaneState {
  if (special === "intensity-over-time-chart") return same(pane, { image: null });
  if (special === "3D-sideview" && pane.image === parent.image) {
    return same(pane, { timepoint: parent.timepoint, window: parent.window, inverted: parent.inverted, focus: parent.focus });
  }
  const shared = {
    image: parent.image,
    timepoint: parent.timepoint,
    window: parent.window,
    preset: parent.preset,
    inverted: parent.inverted,
    colorMap: parent.colorMap,
    overlays: parent.overlays,
    overlaysShown: parent.overlaysShown,
    overlayOpacity: parent.overlayOpacity,
    focus: parent.focus,
  };
  if (special === "3D-sideview") {
    const plane = pane.orientation === "stored" || pane.orientation === "oblique" ? "coronal" : pane.orientation;
    return oriented({ ...pane, ...shared }, meta, plane);
  }
  const view = { ...FITTED, rotation: parent.view.rotation, flipHorizontal: parent.view.flipHorizontal, flipVertical: parent.view.flipVertical };
  const facing = { orientation: parent.orientation, facing: parent.facing, slab: parent.slab };
  const kept = JSON.stringify(view) === JSON.stringify(pane.view) ? pane.view : view;
  return same(pane, { ...shared, ...facing, view: kept });
}

/** The pane itself where nothing differs, so that nothing is drawn for nothing. */
function same(pane: PaneState, patch: Partial<PaneState>): PaneState {
  const names = Object.keys(patch) as (keyof PaneState)[];
  return names.every((name) => pane[name] === patch[name]) ? pane : { ...pane, ...patch };
}

// What is remembered

const NAMED = ["stored", "axial", "coronal", "sagittal"] as const;

export function savedLayout(
  state: {
    readonly layout: { readonly rows: number; readonly columns: number };
    readonly hanging: Hanging | null;
    readonly panes: readonly PaneState[];
    readonly links: Readonly<Record<LinkName, boolean>>;
    readonly crosshairs: boolean;
  },
  { sockets }: Hangable,
  offered: string | null,
): SavedLayout {
  const { layout, hanging, panes, links, crosshairs } = state;
  return {
    protocol: hanging?.protocol ?? null,
    offered,
    rows: layout.rows,
    columns: layout.columns,
    panes: panes.map((pane): SavedPane => {
      const taken = hanging?.taken[pane.id];
      const place = taken === undefined || taken === pane.id ? null : (hanging?.home[taken]?.name ?? null);
      return {
        socket: pane.image === null ? null : (sockets[pane.image] ?? null),
        orientation: NAMED.find((name) => name === pane.orientation) ?? "stored",
        place,
      };
    }),
    links: { ...links },
    crosshairs,
  };
}

/** Which place each viewport takes after a saved layout; the protocol's own where that does not fit any more. */
export function takenIn(saved: SavedLayout, protocol: HungProtocol): readonly number[] {
  const own = protocol.json.map((_, index) => index);
  const taken = own.map((index) => {
    const name = saved.panes[index]?.place;
    const found = typeof name !== "string" ? index : protocol.json.findIndex(({ viewport_name }) => viewport_name === name);
    return found < 0 ? index : found;
  });
  return new Set(taken).size === own.length ? taken : own;
}

/** A pane that shows what it showed in the last case; as it is where this case has no such image. */
export function restored(pane: PaneState, saved: SavedPane, from: Hangable, settings: Partial<ViewerSettings>): PaneState {
  const image = imageFor(saved.socket === null ? [] : [saved.socket], from);
  const meta = image === null ? undefined : from.layers[image];
  if (image === null || !meta) return pane;
  const shown = pane.image === image ? pane : settled(atTimepoint(opened(pane, image, meta), meta, 0), meta, settings);
  if (shown.orientation === saved.orientation) return shown;
  return saved.orientation === "stored" ? withOrientation(shown, meta, "stored") : oriented(shown, meta, saved.orientation);
}

// How a case begins

export interface Beginning {
  readonly layout: Layout;
  readonly hanging: Hanging | null;
  readonly panes: readonly PaneState[];
  readonly links: Readonly<Record<LinkName, boolean>>;
  readonly crosshairs: boolean;
}

const LINK_SETTINGS: Readonly<Record<LinkName, readonly string[]>> = {
  scroll: ["link_slicing", "link_images"],
  zoom: ["link_zooming", "link_images"],
  pan: ["link_panning", "link_images"],
  window: ["link_windowing"],
};

export function linksIn(settings: Partial<ViewerSettings>): Record<LinkName, boolean> {
  const linked = (name: LinkName): boolean => LINK_SETTINGS[name].some((key) => settings[key] === true);
  return { scroll: linked("scroll"), zoom: linked("zoom"), pan: linked("pan"), window: linked("window") };
}

/** As the reader left the last case, else as the protocol says, else the first image alone. Null without any image. */
export function beginning(arrangement: Arrangement, from: Hangable): Beginning | null {
  const { protocols, remembered, settings } = arrangement;
  const first = from.layers.findIndex(({ role }) => role === "image");
  if (first < 0) return null;
  const [offered] = protocols;
  const plain = { layout: { rows: 1, columns: 1 } as const, hanging: null, links: linksIn(settings), crosshairs: false };
  const fits = remembered !== null && remembered.offered === (offered?.pk ?? null);
  const begun = (fits ? rememberedIn(remembered, arrangement, from) : null) ?? (offered ? hungIn(offered, from, settings) : null);
  if (begun && begun.panes.some(({ image }) => image !== null)) return { ...plain, ...begun };
  const meta = from.layers[first] as LayerMeta;
  return { ...plain, panes: [colored(settled(opened(emptyPane(0), first, meta), meta, settings), from.layers, settings)] };
}

function hungIn(protocol: HungProtocol, from: Hangable, settings: Partial<ViewerSettings>): Partial<Beginning> & Hung {
  return { ...hungPanes(protocol, from, settings) };
}

function rememberedIn(
  saved: SavedLayout,
  { protocols, settings }: Arrangement,
  from: Hangable,
): (Partial<Beginning> & Pick<Beginning, "panes">) | null {
  const linked = { ...linksIn(settings), ...saved.links } as Record<LinkName, boolean>;
  const rest = { links: linked, crosshairs: saved.crosshairs ?? false };
  const again = (pane: PaneState): PaneState => {
    const before = saved.panes[pane.id];
    return before ? restored(pane, before, from, settings) : pane;
  };
  if (saved.protocol !== null) {
    const protocol = protocols.find(({ pk }) => pk === saved.protocol);
    if (!protocol) return null;
    const { hanging, panes } = hungPanes(protocol, from, settings, takenIn(saved, protocol));
    const shown = panes.map((pane) => (hanging.home[pane.id]?.special ? pane : again(pane)));
    return { hanging, panes: following(shown, hanging, (pane) => metaOf(pane, from)), ...rest };
  }
  const [rows, columns] = [side(saved.rows), side(saved.columns)];
  const panes = Array.from({ length: rows * columns }, (_, id) => again(emptyPane(id)));
  return { layout: { rows, columns }, hanging: null, panes, ...rest };
}

function side(count: number): 1 | 2 | 3 {
  return count >= 3 ? 3 : count >= 2 ? 2 : 1;
}
