import type { LayerMeta } from "../../viewer/frontend/src/core/meta";

/** A plain CT layer; tests change what they are about. */
export function layerMeta(changes: Partial<LayerMeta> = {}): LayerMeta {
  return {
    image: "image-1",
    name: "CT",
    role: "image",
    size: [512, 512, 100],
    timepoints: 1,
    spacing: [0.5, 0.5, 2],
    origin: [-100, -120, 30],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    type: "int16",
    components: 1,
    codec: "htj2k",
    levels: 6,
    level_sizes: [16, 32, 64, 128, 256, 512].map((side) => [side, side] as const),
    window: { center: 40, width: 400 },
    range: [-1024, 3071],
    modality: "CT",
    unit: "HU",
    segments: [],
    ...changes,
  };
}
