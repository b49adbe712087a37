/** Hanging protocols: viewports on a screen, in the JSON of the public API. Pure. */

export const VIEWPORTS = [
  "main", "secondary", "tertiary", "quaternary", "quinary", "senary", "septenary", "octonary", "nonary", "denary",
  "undenary", "duodenary", "tredenary", "quattuordenary", "quindenary", "sexdenary", "septendenary", "octodenary",
  "novemdenary", "vigintenary",
] as const;

export const SPECIALIZED_VIEWS = ["minimap", "3D-sideview", "clientside", "intensity-over-time-chart"] as const;
export type SpecializedView = (typeof SPECIALIZED_VIEWS)[number];
export const PLANES_OF_PROTOCOLS = ["axial", "coronal", "sagittal"] as const;
export type ProtocolPlane = (typeof PLANES_OF_PROTOCOLS)[number];

/** One viewport as it is stored. Lengths are cells of a grid that is as large as the viewports need. */
export interface Viewport {
  readonly viewport_name: string;
  readonly x?: number;
  readonly y?: number;
  readonly w?: number;
  readonly h?: number;
  /** Higher ones lie over lower ones. */
  readonly order?: number;
  readonly label?: string;
  readonly orientation?: ProtocolPlane;
  /** Where among its slices it begins, 0 … 1. */
  readonly relative_start_position?: number;
  readonly opacity?: number;
  readonly fullsizable?: boolean;
  readonly draggable?: boolean;
  readonly selectable?: boolean;
  readonly linkable?: boolean;
  readonly show_current_slice?: boolean;
  readonly show_mouse_coordinate?: boolean;
  readonly show_mouse_voxel_value?: boolean;
  readonly parent_id?: string;
  /** The viewport whose plane is drawn as a line here. */
  readonly slice_plane_indicator?: string;
  readonly slice_plane_indicator_fade_ms?: number;
  readonly specialized_view?: SpecializedView;
}

export type Protocol = readonly Viewport[];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Boxes of the viewports in cells; one beside the other where the protocol gives no places. */
export function boxesOf(protocol: Protocol): readonly Box[] {
  const placed = protocol.every(({ x, y, w, h }) => [x, y, w, h].every((value) => value !== undefined));
  if (!placed) return protocol.map((_, index) => ({ x: index, y: 0, w: 1, h: 1 }));
  return protocol.map(({ x = 0, y = 0, w = 1, h = 1 }) => ({ x, y, w, h }));
}

/** Columns and rows that boxes need. */
export function gridOf(boxes: readonly Box[]): readonly [columns: number, rows: number] {
  return [Math.max(1, ...boxes.map(({ x, w }) => x + w)), Math.max(1, ...boxes.map(({ y, h }) => y + h))];
}

/** Where a viewport lies, in shares of the screen, and what it may do. */
export interface Place {
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly order: number;
  readonly label: string;
  readonly opacity: number;
  readonly draggable: boolean;
  readonly fullsizable: boolean;
  readonly selectable: boolean;
  readonly linkable: boolean;
  readonly showsSlice: boolean;
  readonly showsCoordinate: boolean;
  readonly showsValue: boolean;
  /** Numbers of other viewports; null for none. */
  readonly parent: number | null;
  readonly indicator: number | null;
  /** Milliseconds until the line of the indicator fades; null if it stays. */
  readonly indicatorFade: number | null;
  readonly special: SpecializedView | null;
}

export function placesOf(protocol: Protocol): readonly Place[] {
  const boxes = boxesOf(protocol);
  const [columns, rows] = gridOf(boxes);
  const numberOf = (name: string | undefined): number | null => {
    const index = protocol.findIndex(({ viewport_name }) => viewport_name === name);
    return index < 0 ? null : index;
  };
  return protocol.map((viewport, index): Place => {
    const { x, y, w, h } = boxes[index] as Box;
    const parent = numberOf(viewport.parent_id);
    return {
      name: viewport.viewport_name,
      left: x / columns,
      top: y / rows,
      width: w / columns,
      height: h / rows,
      order: viewport.order ?? (parent === null ? 0 : 1),
      label: viewport.label ?? "",
      opacity: viewport.opacity ?? 1,
      draggable: viewport.draggable ?? parent === null,
      fullsizable: viewport.fullsizable ?? true,
      selectable: viewport.selectable ?? true,
      linkable: viewport.linkable ?? true,
      showsSlice: viewport.show_current_slice ?? true,
      showsCoordinate: viewport.show_mouse_coordinate ?? true,
      showsValue: viewport.show_mouse_voxel_value ?? true,
      parent,
      indicator: numberOf(viewport.slice_plane_indicator) ?? (viewport.specialized_view === "3D-sideview" ? parent : null),
      indicatorFade: viewport.slice_plane_indicator_fade_ms ?? null,
      special: viewport.specialized_view ?? null,
    };
  });
}

/** Which places viewports take when the reader moved some: the box of `places[taken[i]]` for viewport i. */
export function rearranged(places: readonly Place[], taken: readonly number[]): readonly Place[] {
  return places.map((place, index) => {
    const box = places[taken[index] ?? index] ?? place;
    const { left, top, width, height, order } = box;
    return { ...place, left, top, width, height, order };
  });
}

/**
 * The same viewports on a screen that is higher than wide, such as a phone: columns become rows, where that makes
 * viewports wider. What lies within its parent lies there as before.
 */
export function upright(places: readonly Place[]): readonly Place[] {
  const sum = (of: (place: Place) => number): number => places.reduce((all, place) => all + of(place), 0);
  if (sum(({ width }) => width) >= sum(({ height }) => height)) return places;
  const turned = places.map((place) => ({ ...place, left: place.top, top: place.left, width: place.height, height: place.width }));
  return places.map((place, index) => {
    const [parent, now] = [places[place.parent ?? -1], turned[place.parent ?? -1]];
    if (!parent || !now || !liesIn(place, parent)) return turned[index] ?? place;
    const [across, down] = [now.width / parent.width, now.height / parent.height];
    const left = now.left + (place.left - parent.left) * across;
    const top = now.top + (place.top - parent.top) * down;
    return { ...place, left, top, width: place.width * across, height: place.height * down };
  });
}

function liesIn(inner: Place, outer: Place): boolean {
  const little = 1e-6;
  return (
    inner.left >= outer.left - little && inner.left + inner.width <= outer.left + outer.width + little &&
    inner.top >= outer.top - little && inner.top + inner.height <= outer.top + outer.height + little
  );
}

// The editor

/** The next free name; undefined when all twenty are taken. */
export function freeName(protocol: Protocol): string | undefined {
  const taken = new Set(protocol.map(({ viewport_name }) => viewport_name));
  return VIEWPORTS.find((name) => !taken.has(name));
}

/** Every viewport with a place of its own, so that one of them can be moved. */
export function placed(protocol: Protocol): Protocol {
  const boxes = boxesOf(protocol);
  return protocol.map((viewport, index) => ({ ...viewport, ...(boxes[index] as Box) }));
}

export function withBox(protocol: Protocol, index: number, box: Box): Protocol {
  const whole = (value: number, least: number): number => Math.max(least, Math.round(value));
  const clean = { x: whole(box.x, 0), y: whole(box.y, 0), w: whole(box.w, 1), h: whole(box.h, 1) };
  return placed(protocol).map((viewport, place) => (place === index ? { ...viewport, ...clean } : viewport));
}

/** Takes an option away where `value` is undefined. */
export function withOption<Key extends keyof Viewport>(
  protocol: Protocol,
  index: number,
  key: Key,
  value: Viewport[Key] | undefined,
): Protocol {
  return protocol.map((viewport, place) => {
    if (place !== index) return viewport;
    const rest = Object.entries(viewport).filter(([name]) => name !== key);
    return Object.fromEntries(value === undefined ? rest : [...rest, [key, value]]) as unknown as Viewport;
  });
}

/** A new viewport to the right of all others, as high as they are together. */
export function added(protocol: Protocol): Protocol {
  const name = freeName(protocol);
  if (name === undefined) return protocol;
  const all = placed(protocol);
  const [columns, rows] = gridOf(boxesOf(all));
  const width = all.length === 0 ? 1 : Math.max(1, Math.round(columns / all.length));
  return [...all, { viewport_name: name, x: columns, y: 0, w: width, h: rows }];
}

/** Without a viewport and without what refers to it. `main` stays, because every protocol has one. */
export function removed(protocol: Protocol, index: number): Protocol {
  const name = protocol[index]?.viewport_name;
  if (name === undefined || name === "main") return protocol;
  return protocol
    .filter((viewport, place) => place !== index && !(viewport.parent_id === name && viewport.specialized_view !== undefined))
    .map((viewport) => {
      const { parent_id, slice_plane_indicator, ...rest } = viewport;
      return {
        ...rest,
        ...(parent_id === undefined || parent_id === name ? {} : { parent_id }),
        ...(slice_plane_indicator === undefined || slice_plane_indicator === name ? {} : { slice_plane_indicator }),
      };
    });
}

/** Viewports beside and below each other, named in reading order. */
export function gridProtocol(rows: number, columns: number): Protocol {
  return Array.from({ length: Math.min(VIEWPORTS.length, rows * columns) }, (_, index) => ({
    viewport_name: VIEWPORTS[index] as string,
    x: index % columns,
    y: Math.floor(index / columns),
    w: 1,
    h: 1,
  }));
}

export interface Template {
  readonly title: string;
  readonly protocol: Protocol;
}

export const TEMPLATES: readonly Template[] = [
  { title: "One", protocol: gridProtocol(1, 1) },
  { title: "Two beside each other", protocol: gridProtocol(1, 2) },
  { title: "Three beside each other", protocol: gridProtocol(1, 3) },
  { title: "Two by two", protocol: gridProtocol(2, 2) },
  {
    title: "Three planes",
    protocol: [
      { viewport_name: "main", x: 0, y: 0, w: 2, h: 2, orientation: "axial" },
      { viewport_name: "secondary", x: 2, y: 0, w: 1, h: 1, orientation: "coronal", slice_plane_indicator: "main" },
      { viewport_name: "tertiary", x: 2, y: 1, w: 1, h: 1, orientation: "sagittal", slice_plane_indicator: "main" },
    ],
  },
  {
    title: "One large, three small",
    protocol: [
      { viewport_name: "main", x: 0, y: 0, w: 3, h: 3 },
      { viewport_name: "secondary", x: 3, y: 0, w: 1, h: 1 },
      { viewport_name: "tertiary", x: 3, y: 1, w: 1, h: 1 },
      { viewport_name: "quaternary", x: 3, y: 2, w: 1, h: 1 },
    ],
  },
  {
    title: "One with a map",
    protocol: [
      { viewport_name: "main", x: 0, y: 0, w: 6, h: 6 },
      { viewport_name: "map", x: 0, y: 5, w: 1, h: 1, specialized_view: "minimap", parent_id: "main", order: 1 },
    ],
  },
];

/** What is wrong with a protocol, in words; null if nothing is. The server's word counts in the end. */
export function problemOf(protocol: unknown): string | null {
  if (!Array.isArray(protocol) || protocol.length === 0) return "A hanging protocol is a list of viewports.";
  const names = protocol.map((viewport: unknown) => (viewport as Partial<Viewport> | null)?.viewport_name);
  if (names.some((name) => typeof name !== "string" || name === "")) return "Every viewport needs a viewport_name.";
  if (!names.includes("main")) return "One of the viewports must be called “main”.";
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `There are two viewports “${String(twice)}”.`;
  const numbers = ["x", "y", "w", "h"] as const;
  const given = (protocol as Protocol).flatMap((viewport) => numbers.map((key) => viewport[key]));
  const whole = given.every((value) => value === undefined || (Number.isInteger(value) && value >= 0));
  return whole ? null : "Places and sizes are whole numbers from 0.";
}

/** A viewport under another name, also where others refer to it. */
export function renamed(protocol: Protocol, index: number, name: string): Protocol {
  const before = protocol[index]?.viewport_name;
  const other = (value: string | undefined): string | undefined => (value === before ? name : value);
  return protocol.map((viewport, place) => {
    const parent = other(viewport.parent_id);
    const indicator = other(viewport.slice_plane_indicator);
    return {
      ...viewport,
      viewport_name: place === index ? name : viewport.viewport_name,
      ...(parent === undefined ? {} : { parent_id: parent }),
      ...(indicator === undefined ? {} : { slice_plane_indicator: indicator }),
    };
  });
}

/** The same picture on a grid of twice as many cells each way. */
export function finer(protocol: Protocol): Protocol {
  return placed(protocol).map((viewport) => ({
    ...viewport,
    x: (viewport.x ?? 0) * 2,
    y: (viewport.y ?? 0) * 2,
    w: (viewport.w ?? 1) * 2,
    h: (viewport.h ?? 1) * 2,
  }));
}
