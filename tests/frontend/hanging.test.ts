import { describe, expect, it } from "vitest";
import { type HungProtocol, NO_ARRANGEMENT, type SavedLayout, readArrangement } from "../../viewer/frontend/src/core/arrangement";
import {
  type Protocol,
  TEMPLATES,
  added,
  boxesOf,
  finer,
  gridProtocol,
  placesOf,
  problemOf,
  rearranged,
  removed,
  renamed,
  upright,
  withBox,
  withOption,
} from "../../viewer/frontend/src/core/hanging";
import type { LayerMeta } from "../../viewer/frontend/src/core/meta";
import { keptContents, withSocket } from "../../viewer/frontend/src/hanging/contents";
import { withSpecial } from "../../viewer/frontend/src/hanging/options";
import { boundCommands } from "../../viewer/frontend/src/panels/wishes";
import { sliceRange } from "../../viewer/frontend/src/render/sections";
import {
  type Hangable,
  beginning,
  following,
  hangable,
  hungPanes,
  savedLayout,
  takenIn,
} from "../../viewer/frontend/src/state/hanging";
import { ownPresets } from "../../viewer/frontend/src/state/own-presets";
import { atIndex } from "../../viewer/frontend/src/state/pane-changes";
import type { PaneState } from "../../viewer/frontend/src/state/workspace-state";
import { layerMeta } from "./layers";

const SIZE = { size: [64, 48, 20], spacing: [1, 1.5, 3], levels: 3, level_sizes: [[16, 12], [32, 24], [64, 48]] } as const;
const LAYERS: readonly LayerMeta[] = [
  layerMeta({ ...SIZE, image: "i-t2", name: "T2" }),
  layerMeta({ ...SIZE, image: "i-adc", name: "ADC" }),
  layerMeta({ ...SIZE, image: "i-dwi", name: "DWI" }),
  layerMeta({ ...SIZE, image: "i-seg", name: "Lesions", role: "overlay", type: "uint8" }),
  layerMeta({ ...SIZE, image: "i-zones", name: "Zones", role: "overlay", type: "uint8" }),
];
const SOCKETS = ["t2", "adc", "dwi", "seg", "zones"].map((slug) => ({
  slug, title: slug, kind: slug === "seg" || slug === "zones" ? "SEG" : "IMG", image: `i-${slug}`,
}));
const FROM: Hangable = hangable(LAYERS, { ...NO_ARRANGEMENT, sockets: SOCKETS });

const THREE: Protocol = [
  { viewport_name: "main", x: 0, y: 0, w: 2, h: 2, label: "T2", relative_start_position: 0.25 },
  { viewport_name: "secondary", x: 2, y: 0, w: 1, h: 1, orientation: "coronal", slice_plane_indicator: "main", linkable: false },
  { viewport_name: "tertiary", x: 2, y: 1, w: 1, h: 1, relative_start_position: 1 },
];
const HUNG: HungProtocol = {
  pk: "p1", title: "Three", json: THREE, contents: { main: ["t2", "seg"], secondary: ["adc"], tertiary: ["dwi"] },
};

function indexOf(state: PaneState): number {
  const meta = LAYERS[state.image ?? 0] as LayerMeta;
  return sliceRange(meta, state.orientation, state.facing, state.focus).index;
}

describe("a hanging protocol", () => {
  it("lies in shares of the screen", () => {
    const [main, secondary, tertiary] = placesOf(THREE);
    expect(main).toMatchObject({ name: "main", left: 0, top: 0, width: 2 / 3, height: 1, label: "T2", parent: null, indicator: null });
    expect(secondary).toMatchObject({ left: 2 / 3, top: 0, width: 1 / 3, height: 0.5, indicator: 0, linkable: false });
    expect(tertiary).toMatchObject({ left: 2 / 3, top: 0.5, draggable: true, fullsizable: true });
  });

  it("stands side by side where it gives no places", () => {
    expect(boxesOf([{ viewport_name: "main" }, { viewport_name: "secondary" }])).toEqual([
      { x: 0, y: 0, w: 1, h: 1 }, { x: 1, y: 0, w: 1, h: 1 },
    ]);
  });

  it("keeps views of a parent over it and where they are", () => {
    const [, map, side] = placesOf([
      { viewport_name: "main" },
      { viewport_name: "map", specialized_view: "minimap", parent_id: "main" },
      { viewport_name: "side", specialized_view: "3D-sideview", parent_id: "main", orientation: "sagittal" },
    ]);
    expect(map).toMatchObject({ parent: 0, order: 1, draggable: false, special: "minimap", indicator: null });
    expect(side).toMatchObject({ parent: 0, indicator: 0 });
  });

  it("says what is wrong with it", () => {
    expect(TEMPLATES.map(({ protocol }) => problemOf(protocol))).toEqual(TEMPLATES.map(() => null));
    expect(problemOf([])).toContain("list");
    expect(problemOf([{ viewport_name: "secondary" }])).toContain("“main”");
    expect(problemOf([{ viewport_name: "main" }, { viewport_name: "main" }])).toContain("two viewports");
    expect(problemOf([{ viewport_name: "main", x: 0.5 }])).toContain("whole numbers");
    expect(problemOf([null])).toContain("viewport_name");
  });
});

describe("the editor of protocols", () => {
  it("adds viewports to the right, by the next free name, twenty at most", () => {
    const two = added(gridProtocol(1, 1));
    expect(two).toEqual([
      { viewport_name: "main", x: 0, y: 0, w: 1, h: 1 },
      { viewport_name: "secondary", x: 1, y: 0, w: 1, h: 1 },
    ]);
    let all = two;
    for (let count = 0; count < 30; count += 1) all = added(all);
    expect(all.length).toBe(20);
    expect(problemOf(all)).toBeNull();
  });

  it("takes a viewport away with what depends on it, but not the main one", () => {
    const protocol: Protocol = [
      { viewport_name: "main", slice_plane_indicator: "secondary" },
      { viewport_name: "secondary" },
      { viewport_name: "map", specialized_view: "minimap", parent_id: "secondary" },
    ];
    expect(removed(protocol, 1)).toEqual([{ viewport_name: "main" }]);
    expect(removed(protocol, 0)).toBe(protocol);
  });

  it("moves and resizes on the grid, not beyond its corner", () => {
    const moved = withBox([{ viewport_name: "main" }, { viewport_name: "secondary" }], 1, { x: -3, y: 2.4, w: 0, h: 2 });
    expect(moved[1]).toEqual({ viewport_name: "secondary", x: 0, y: 2, w: 1, h: 2 });
    expect(moved[0]).toEqual({ viewport_name: "main", x: 0, y: 0, w: 1, h: 1 });
  });

  it("makes the grid finer without moving anything", () => {
    expect(placesOf(finer(THREE))).toEqual(placesOf(THREE));
  });

  it("renames a viewport wherever it is named", () => {
    const changed = renamed(THREE, 0, "nonary");
    expect(changed[0]?.viewport_name).toBe("nonary");
    expect(changed[1]?.slice_plane_indicator).toBe("nonary");
  });

  it("sets options and takes them away", () => {
    const set = withOption(THREE, 2, "opacity", 0.5);
    expect(set[2]?.opacity).toBe(0.5);
    expect(withOption(set, 2, "opacity", undefined)).toEqual(THREE);
  });

  it("gives views of something else a parent, and a side view a plane", () => {
    const side = withSpecial(gridProtocol(1, 2), 1, "3D-sideview");
    expect(side[1]).toMatchObject({ specialized_view: "3D-sideview", parent_id: "main", orientation: "coronal" });
    const free = renamed(side, 1, "my_side");
    expect(withSpecial(free, 1, undefined)[1]?.viewport_name).toBe("secondary");
  });

  it("puts one picture into a viewport, before what lies over it", () => {
    const first = withSocket({}, "main", "seg", true, SOCKETS);
    const second = withSocket(first, "main", "t2", true, SOCKETS);
    expect(second).toEqual({ main: ["t2", "seg"] });
    expect(withSocket(second, "main", "adc", true, SOCKETS)).toEqual({ main: ["adc", "seg"] });
    expect(withSocket({ main: ["t2"] }, "main", "t2", false, SOCKETS)).toEqual({});
  });

  it("keeps contents through a new name and forgets those of a viewport that is gone", () => {
    const contents = { main: ["t2"], secondary: ["adc"] };
    expect(keptContents(contents, ["main", "secondary"], ["main", "nonary"])).toEqual({ main: ["t2"], nonary: ["adc"] });
    expect(keptContents(contents, ["main", "secondary"], ["main"])).toEqual({ main: ["t2"] });
  });
});

describe("a case on a protocol", () => {
  it("shows its images where they are named, in their planes, beginning where it says", () => {
    const { panes, hanging } = hungPanes(HUNG, FROM);
    expect(panes.map(({ id, image }) => [id, image])).toEqual([[0, 0], [1, 1], [2, 2]]);
    expect(panes.map(({ orientation }) => orientation)).toEqual(["stored", "coronal", "stored"]);
    expect([indexOf(panes[0] as PaneState), indexOf(panes[2] as PaneState)]).toEqual([5, 19]);
    expect(hanging).toMatchObject({ protocol: "p1", title: "Three", taken: [0, 1, 2] });
  });

  it("shows only the overlays that lie in a viewport; the others are there to be shown", () => {
    const { panes } = hungPanes(HUNG, FROM);
    expect(panes[0]?.overlays).toEqual({ 4: expect.objectContaining({ shown: false }) });
    expect(panes[1]?.overlays).toMatchObject({ 3: { shown: false }, 4: { shown: false } });
  });

  it("leaves a viewport empty for which there is nothing, and one with overlays alone shows them over the first image", () => {
    const { panes } = hungPanes({ ...HUNG, contents: { main: ["t2"], secondary: [], tertiary: ["seg"] } }, FROM);
    expect(panes.map(({ image }) => image)).toEqual([0, null, 0]);
  });

  it("a single picture keeps its only plane", () => {
    const single = { ...FROM, layers: [layerMeta({ size: [64, 48, 1], image: "i-t2" })] };
    const { panes } = hungPanes({ ...HUNG, contents: { secondary: ["t2"] } }, single);
    expect(panes[1]).toMatchObject({ image: 0, orientation: "stored" });
  });

  it("a map and a side view follow their parent and are left alone while nothing differs", () => {
    const json: Protocol = [
      { viewport_name: "main" },
      { viewport_name: "map", specialized_view: "minimap", parent_id: "main" },
      { viewport_name: "side", specialized_view: "3D-sideview", parent_id: "main", orientation: "sagittal" },
      { viewport_name: "secondary", specialized_view: "intensity-over-time-chart", parent_id: "main" },
    ];
    const { panes, hanging } = hungPanes({ ...HUNG, json, contents: { main: ["t2"] } }, FROM);
    const meta = (): LayerMeta => LAYERS[0] as LayerMeta;
    expect(panes.map(({ image }) => image)).toEqual([0, 0, 0, null]);
    const [main, ...rest] = panes as [PaneState, ...PaneState[]];
    const moved = following([atIndex(main, meta(), 17), ...rest], hanging, meta);
    expect([indexOf(moved[1] as PaneState), moved[1]?.orientation]).toEqual([17, "stored"]);
    expect(moved[2]).toMatchObject({ orientation: "sagittal", focus: moved[0]?.focus });
    const again = following(moved, hanging, meta);
    again.forEach((pane, index) => { expect(pane).toBe(moved[index]); });
  });

  it("stands on a screen that is higher than wide", () => {
    const map = { viewport_name: "map", x: 0, y: 1, w: 1, h: 1, specialized_view: "minimap", parent_id: "main" } as const;
    const box = ({ left, top, width, height }: ReturnType<typeof upright>[number]): readonly number[] => [left, top, width, height].map((n) => Math.round(n * 600));
    expect(upright(placesOf([...THREE, map])).map(box)).toEqual([
      [0, 0, 600, 400], [0, 400, 300, 200], [300, 400, 300, 200],
      [0, 200, 300, 200],
    ]);
    const stacked = placesOf([{ viewport_name: "main", x: 0, y: 0, w: 1, h: 1 }, { viewport_name: "secondary", x: 0, y: 1, w: 1, h: 1 }]);
    expect(upright(stacked)).toBe(stacked);
  });

  it("leaves a viewport to what is no image", () => {
    const sockets = [...SOCKETS, { slug: "dose", title: "Dose", kind: "CHART", image: null }];
    const from = hangable(LAYERS, { ...NO_ARRANGEMENT, sockets });
    const { hanging, panes } = hungPanes({ ...HUNG, contents: { main: ["t2", "dose"], secondary: ["dose"], tertiary: ["gone"] } }, from);
    expect(hanging.values).toEqual(["dose", "dose", null]);
    expect(panes.map(({ image }) => image)).toEqual([0, null, null]);
  });

  it("opens with the windows, planes and opacity that were set", () => {
    const { panes } = hungPanes(HUNG, FROM, {
      window_presets: [{ title: "Gland", center: 300, width: 600 }],
      default_window_preset: "Gland",
      default_orientation: "S",
      default_overlay_alpha: 0.8,
      default_image_interpolation: "NN",
    });
    expect(panes[0]).toMatchObject({
      window: { center: 300, width: 600 }, preset: "own:Gland", orientation: "sagittal", overlayOpacity: 0.8, interpolation: "nearest",
    });
    expect(panes[1]?.orientation).toBe("coronal");
  });

  it("colors heat maps as was set, and no label maps", () => {
    const labels = [{ value: 1, name: "Gland", color: "#ff0000" }];
    const layers = [LAYERS[0] as LayerMeta, layerMeta({ ...SIZE, role: "overlay" }), layerMeta({ ...SIZE, role: "overlay", segments: labels })];
    const begun = beginning({ ...NO_ARRANGEMENT, settings: { default_overlay_color_map: "viridis", default_overlay_interpolation: "NN" } }, { layers, sockets: [], others: [] });
    expect(begun?.panes[0]?.overlays).toEqual({ 1: expect.objectContaining({ colorMap: "viridis", smooth: false, shown: true }) });
  });
});

describe("what is remembered", () => {
  const arrangement = { ...NO_ARRANGEMENT, sockets: SOCKETS, protocols: [HUNG] };

  it("brings the next case to the screen as the last one was left", () => {
    const hung = hungPanes(HUNG, FROM, {}, [2, 1, 0]);
    const moved = [...hung.panes];
    moved[1] = { ...(moved[1] as PaneState), image: 0, orientation: "stored" };
    const saved = savedLayout(
      { layout: { rows: 1, columns: 1 }, ...hung, panes: moved, links: { scroll: true, zoom: false, pan: false, window: false }, crosshairs: true },
      FROM,
      "p1",
    );
    expect(saved.panes).toEqual([
      { socket: "t2", orientation: "stored", place: "tertiary" },
      { socket: "t2", orientation: "stored", place: null },
      { socket: "dwi", orientation: "stored", place: "main" },
    ]);
    const begun = beginning({ ...arrangement, remembered: saved }, FROM);
    expect(begun?.hanging?.taken).toEqual([2, 1, 0]);
    expect(begun?.hanging?.places[2]).toMatchObject({ name: "tertiary", width: 2 / 3 });
    expect(begun?.panes.map(({ image, orientation }) => [image, orientation])).toEqual([[0, "stored"], [0, "stored"], [2, "stored"]]);
    expect(begun).toMatchObject({ crosshairs: true, links: { scroll: true } });
  });

  it("gives way to another protocol, and to one that is gone", () => {
    const grid: SavedLayout = { protocol: null, offered: "other", rows: 1, columns: 2, panes: [{ socket: "adc", orientation: "axial" }] };
    expect(beginning({ ...arrangement, remembered: grid }, FROM)?.hanging?.protocol).toBe("p1");
    expect(beginning({ ...arrangement, remembered: { ...grid, protocol: "gone", offered: "p1" } }, FROM)?.hanging?.protocol).toBe("p1");
  });

  it("may be a grid", () => {
    const grid: SavedLayout = {
      protocol: null, offered: "p1", rows: 1, columns: 2,
      panes: [{ socket: "adc", orientation: "axial" }, { socket: "unknown", orientation: "stored" }],
    };
    const begun = beginning({ ...arrangement, remembered: grid }, FROM);
    expect(begun).toMatchObject({ hanging: null, layout: { rows: 1, columns: 2 } });
    expect(begun?.panes.map(({ image }) => image)).toEqual([1, null]);
  });

  it("does not put two viewports in one place", () => {
    const saved = { protocol: "p1", offered: "p1", rows: 1, columns: 1, panes: [{ socket: null, orientation: "stored" as const, place: "tertiary" }] };
    expect(takenIn(saved, HUNG)).toEqual([0, 1, 2]);
    expect(rearranged(placesOf(THREE), [0, 1, 2])).toEqual(placesOf(THREE));
  });

  it("a case without a protocol begins with its first image, one without an image not at all", () => {
    expect(beginning({ ...NO_ARRANGEMENT, sockets: SOCKETS }, FROM)?.panes.map(({ image }) => image)).toEqual([0]);
    expect(beginning(NO_ARRANGEMENT, { layers: [], sockets: [], others: [] })).toBeNull();
    const nothing = { ...HUNG, contents: {} };
    expect(beginning({ ...arrangement, protocols: [nothing] }, FROM)).toMatchObject({ hanging: null });
  });
});

describe("what the page says", () => {
  const page = (text: string | null): Pick<Document, "getElementById"> => ({
    getElementById: () => (text === null ? null : ({ textContent: text } as HTMLElement)),
  });

  it("is read, and nothing of it is needed", () => {
    expect(readArrangement(page(null))).toBe(NO_ARRANGEMENT);
    expect(readArrangement(page("{"))).toBe(NO_ARRANGEMENT);
    expect(readArrangement(page('{"layout_url": "/x/"}'))).toEqual({ ...NO_ARRANGEMENT, layout_url: "/x/" });
  });

  it("has windows by width and by percent", () => {
    expect(ownPresets({ window_presets: [{ title: "A", center: 1, width: 2 }, { title: "B", lower_percentile: 2, upper_percentile: 98 }] })).toEqual([
      { id: "own:A", name: "A", window: { center: 1, width: 2 } },
      { id: "own:B", name: "B", percentiles: [0.02, 0.98] },
    ]);
  });

  it("binds keys to what the help calls its commands", () => {
    const bound = boundCommands({
      key_bindings: [
        { key: "g", action: "Fit to the pane" },
        { key: "Shift+G", action: "mirror left and right" },
        { key: "b", action: "Axial" },
        { key: "ctrl+k", action: "Zoom in" },
        { key: "z", action: "toggle_everything" },
      ],
    });
    expect([...bound.keys()]).toEqual(["g", "shift+g", "b"]);
    expect(bound.get("b")?.meaning).toBe("Axial plane");
  });
});
