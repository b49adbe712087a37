/** Color maps for images and heat maps. Stops are [place 0…1, red, green, blue], each 0…1. */

export type Stop = readonly [place: number, red: number, green: number, blue: number];

export interface ColorMap {
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly stops: readonly Stop[];
}

export const GREY = "grey";

/** Hot Iron is the well-known palette of DICOM PS3.6 Annex B.1. */
export const COLOR_MAPS: readonly ColorMap[] = [
  { name: GREY, label: "Grey", stops: [[0, 0, 0, 0], [1, 1, 1, 1]] },
  { name: "hot-iron", label: "Hot iron", stops: [[0, 0, 0, 0], [0.5, 1, 0, 0], [0.75, 1, 0.5, 0], [1, 1, 1, 1]] },
  {
    name: "viridis",
    label: "Viridis",
    stops: [
      [0, 0.267, 0.005, 0.329], [0.125, 0.283, 0.141, 0.458], [0.25, 0.229, 0.322, 0.546], [0.375, 0.173, 0.449, 0.558],
      [0.5, 0.128, 0.567, 0.551], [0.625, 0.158, 0.684, 0.502], [0.75, 0.369, 0.789, 0.383], [0.875, 0.678, 0.864, 0.19],
      [1, 0.993, 0.906, 0.144],
    ],
  },
  {
    name: "rainbow",
    label: "Rainbow",
    stops: [[0, 0, 0, 0.5], [0.125, 0, 0, 1], [0.375, 0, 1, 1], [0.625, 1, 1, 0], [0.875, 1, 0, 0], [1, 0.5, 0, 0]],
  },
  {
    name: "cool-warm",
    label: "Cool to warm",
    stops: [[0, 0.23, 0.299, 0.754], [0.5, 0.865, 0.865, 0.865], [1, 0.706, 0.016, 0.15]],
  },
  { name: "bone", label: "Bone", stops: [[0, 0, 0, 0], [0.375, 0.319, 0.319, 0.444], [0.75, 0.652, 0.777, 0.777], [1, 1, 1, 1]] },
];

/** An unknown name is grey. */
export function colorMap(name: string): ColorMap {
  return COLOR_MAPS.find((map) => map.name === name) ?? (COLOR_MAPS[0] as ColorMap);
}

/** Stops at values `low` … `high`; inverted, the first color stands for the highest value. */
export function stopsBetween(name: string, bounds: readonly [number, number], inverted: boolean): readonly Stop[] {
  const { stops } = colorMap(name);
  const [low, high] = bounds;
  const colors = inverted ? [...stops].reverse().map(([at, r, g, b]): Stop => [1 - at, r, g, b]) : stops;
  return colors.map(([at, r, g, b]) => [low + at * (high - low), r, g, b]);
}

/** For a legend: `linear-gradient(…)` from the lowest color on the left to the highest on the right. */
export function cssGradient(name: string, inverted = false): string {
  const steps = stopsBetween(name, [0, 100], inverted).map(([at, ...rgb]) => {
    const [red, green, blue] = rgb.map((part) => Math.round(part * 255));
    return `rgb(${red} ${green} ${blue}) ${at.toFixed(1)}%`;
  });
  return `linear-gradient(to right, ${steps.join(", ")})`;
}
