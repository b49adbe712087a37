/** Everything that one viewport can be told. */

import {
  PLANES_OF_PROTOCOLS,
  type Protocol,
  type ProtocolPlane,
  SPECIALIZED_VIEWS,
  type SpecializedView,
  VIEWPORTS,
  type Viewport,
  renamed,
  withOption,
} from "../core/hanging";
import { check, choice, make, number, text } from "./dom";

const SWITCHES: readonly (readonly [
  key: "fullsizable" | "draggable" | "selectable" | "linkable" | "show_current_slice" | "show_mouse_coordinate" | "show_mouse_voxel_value",
  name: string,
])[] = [
  ["fullsizable", "Can fill the screen"],
  ["draggable", "Can be moved by the reader"],
  ["selectable", "Can be made the active one"],
  ["linkable", "Takes part in links"],
  ["show_current_slice", "Says the slice"],
  ["show_mouse_coordinate", "Says where the mouse is"],
  ["show_mouse_voxel_value", "Says the value under the mouse"],
];

const SPECIAL_NAMES: Readonly<Record<SpecializedView, string>> = {
  minimap: "Map of its parent",
  "3D-sideview": "Its parent from another side",
  clientside: "As the viewer likes",
  "intensity-over-time-chart": "Values of its parent over time",
};

/** Patterns of the public API. */
const FREE_NAME = "[a-zA-Z0-9_]+";
const LABEL = "[a-zA-Z0-9 \\-]*";

export function viewportOptions(protocol: Protocol, index: number, change: (protocol: Protocol) => void): HTMLElement {
  const viewport = protocol[index];
  if (!viewport) return make("div");
  const set = <Key extends keyof Viewport>(key: Key, value: Viewport[Key] | undefined): void => {
    change(withOption(protocol, index, key, value));
  };
  const others = protocol.filter((_, place) => place !== index).map(({ viewport_name }) => [viewport_name, viewport_name] as const);
  const switches = SWITCHES.map(([key, name]) =>
    check(name, viewport[key] ?? (key === "draggable" ? viewport.parent_id === undefined : true), (on) => { set(key, on); }),
  );
  return make(
    "div",
    { class: "hang-options", role: "group", "aria-label": `Settings of ${viewport.viewport_name}` },
    nameField(protocol, index, change),
    text("Label", viewport.label ?? "", LABEL, (value) => { set("label", value || undefined); }),
    choice("Plane", viewport.orientation ?? "", [["", "As stored"], ...PLANES_OF_PROTOCOLS.map((name) => [name, name] as const)], (value) => {
      set("orientation", (value || undefined) as ProtocolPlane | undefined);
    }),
    number("Begins at (0 first slice, 1 last)", viewport.relative_start_position, { min: 0, max: 1, step: 0.01 }, (value) => { set("relative_start_position", value); }),
    choice("Shows", viewport.specialized_view ?? "", [["", "An image"], ...SPECIALIZED_VIEWS.map((name) => [name, SPECIAL_NAMES[name]] as const)], (value) => {
      change(withSpecial(protocol, index, (value || undefined) as SpecializedView | undefined));
    }),
    choice("Parent", viewport.parent_id ?? "", [["", "No viewport"], ...others], (value) => { set("parent_id", value || undefined); }),
    choice("Line where this one's plane lies", viewport.slice_plane_indicator ?? "", [["", "No viewport"], ...others], (value) => {
      set("slice_plane_indicator", value || undefined);
    }),
    number("Line fades after (ms)", viewport.slice_plane_indicator_fade_ms, { min: 0, max: 60_000, step: 100 }, (value) => {
      set("slice_plane_indicator_fade_ms", value);
    }),
    number("Opacity", viewport.opacity, { min: 0, max: 1, step: 0.05 }, (value) => { set("opacity", value); }),
    number("Lies over those with a lower number", viewport.order, { min: -100, max: 100, step: 1 }, (value) => { set("order", value); }),
    make("details", { class: "hang-more" }, make("summary", {}, "What readers can do and see"), ...switches),
  );
}

function nameField(protocol: Protocol, index: number, change: (protocol: Protocol) => void): HTMLElement {
  const { viewport_name: name, specialized_view: special } = protocol[index] as Viewport;
  const taken = new Set(protocol.map(({ viewport_name }) => viewport_name));
  if (special === "minimap" || special === "3D-sideview") {
    return text("Name", name, FREE_NAME, (value) => {
      if (!taken.has(value)) change(renamed(protocol, index, value));
    });
  }
  const free = VIEWPORTS.filter((one) => one === name || !taken.has(one)).map((one) => [one, one] as const);
  const all: readonly (readonly [string, string])[] = free.some(([one]) => one === name) ? free : [[name, name], ...free];
  return choice("Name", name, all, (value) => { change(renamed(protocol, index, value)); });
}

/** Views of something else need a parent, and one from another side a plane. */
export function withSpecial(protocol: Protocol, index: number, special: SpecializedView | undefined): Protocol {
  const viewport = protocol[index] as Viewport;
  let changed = withOption(protocol, index, "specialized_view", special);
  if (special === undefined || special === "clientside") return named(changed, index);
  if (viewport.parent_id === undefined) {
    const parent = protocol.find((other) => other !== viewport && other.specialized_view === undefined)?.viewport_name;
    changed = withOption(changed, index, "parent_id", parent);
  }
  if (special === "3D-sideview" && viewport.orientation === undefined) changed = withOption(changed, index, "orientation", "coronal");
  return special === "intensity-over-time-chart" ? named(changed, index) : changed;
}

/** Only maps and side views have names of their own. */
function named(protocol: Protocol, index: number): Protocol {
  const { viewport_name: name } = protocol[index] as Viewport;
  if ((VIEWPORTS as readonly string[]).includes(name)) return protocol;
  const taken = new Set(protocol.map(({ viewport_name }) => viewport_name));
  const free = VIEWPORTS.find((one) => !taken.has(one));
  return free === undefined ? protocol : renamed(protocol, index, free);
}
