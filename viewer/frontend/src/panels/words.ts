/** How the viewer names things, in one place for buttons, menus, help and what is spoken. */

import type { Interpolation, LinkName, MouseButton, Orientation, NavigationTool, SlabMode } from "../state/workspace";

export const TOOLS: readonly { readonly id: NavigationTool; readonly name: string; readonly label: string; readonly key: string }[] = [
  { id: "window", name: "Window", label: "Window and level: drag on the picture", key: "W" },
  { id: "scroll", name: "Scroll", label: "Scroll through slices: drag on the picture", key: "D" },
  { id: "pan", name: "Move", label: "Move the picture", key: "P" },
  { id: "zoom", name: "Zoom", label: "Zoom: drag up and down", key: "Z" },
  { id: "crosshairs", name: "Crosshairs", label: "Crosshairs: put the other planes through a point", key: "X" },
  { id: "rotate", name: "Tilt", label: "Tilt the plane: drag to make it oblique", key: "U" },
];

export const ORIENTATIONS: readonly {
  readonly id: Orientation;
  readonly name: string;
  readonly short: string;
  readonly label: string;
  readonly key: string;
}[] = [
  { id: "stored", name: "Stored", short: "2D", label: "Slices as stored", key: "B" },
  { id: "axial", name: "Axial", short: "Ax", label: "Axial plane", key: "A" },
  { id: "coronal", name: "Coronal", short: "Cor", label: "Coronal plane", key: "C" },
  { id: "sagittal", name: "Sagittal", short: "Sag", label: "Sagittal plane", key: "S" },
  { id: "oblique", name: "Oblique", short: "Obl", label: "Oblique plane", key: "Q" },
];

export const MOUSE_BUTTONS: readonly { readonly id: MouseButton; readonly name: string; readonly letter: string }[] = [
  { id: "left", name: "Left button", letter: "L" },
  { id: "middle", name: "Middle button", letter: "M" },
  { id: "right", name: "Right button", letter: "R" },
];

export const SLAB_MODES: readonly { readonly id: SlabMode; readonly name: string; readonly short: string }[] = [
  { id: "none", name: "Single plane", short: "" },
  { id: "mip", name: "Maximum (MIP)", short: "MIP" },
  { id: "minip", name: "Minimum (MinIP)", short: "MinIP" },
  { id: "average", name: "Average", short: "Average" },
];

export const INTERPOLATIONS: readonly { readonly id: Interpolation; readonly name: string }[] = [
  { id: "linear", name: "Smooth" },
  { id: "nearest", name: "Pixels as they are" },
];

export const LINKS: readonly { readonly id: LinkName; readonly name: string }[] = [
  { id: "scroll", name: "Scrolling" },
  { id: "zoom", name: "Zoom" },
  { id: "pan", name: "Moving" },
  { id: "window", name: "Window" },
];

export const FASTEST = 60;

export function orientationName(id: Orientation): string {
  return ORIENTATIONS.find((entry) => entry.id === id)?.name ?? "";
}

export function millimetres(value: number): string {
  return `${Number.isInteger(value) ? value : value.toFixed(1)} mm`;
}
