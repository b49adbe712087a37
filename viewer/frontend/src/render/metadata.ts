/** What Cornerstone3D asks about our slices (the modules of DICOM), answered from META. Geometry is LPS millimetres. */

import type { Geometry } from "../core/geometry";
import { axisDirection, voxelToWorld } from "../core/geometry";
import type { Layer } from "../core/layer";
import type { Vec3 } from "../core/meta";
import { initialWindow } from "../core/window-level";
import { type DisplayGrid, displayGrid } from "./display-pixels";
import { parseId } from "./image-ids";

/** The server does not tell frames of reference; panes compare geometries instead. */
export const FRAME_OF_REFERENCE = "hounsfield";

type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export class Metadata {
  private layers: readonly Layer[] = [];
  private readonly maxTextureSize: number;
  private readonly answered = new Map<string, Modules>();

  constructor(maxTextureSize: number) {
    this.maxTextureSize = maxTextureSize;
  }

  setLayers(layers: readonly Layer[]): void {
    this.layers = layers;
    this.answered.clear();
  }

  /** The same layers with others behind them. */
  know(layers: readonly Layer[]): void {
    this.layers = layers;
  }

  /** A provider for `metaData.addProvider`; worked out once per slice. */
  readonly provide = (type: string, id: unknown): unknown => {
    if (typeof id !== "string" || !id.startsWith("hounsfield")) return undefined;
    let modules = this.answered.get(id);
    if (!modules) {
      const place = parseId(id, (layer) => this.layers[layer]?.meta.size[2] ?? 1);
      const layer = place && this.layers[place.layer];
      if (!place || !layer) return undefined;
      modules = modulesOf(layer, place.slice, displayGrid(layer.meta, this.maxTextureSize));
      this.answered.set(id, modules);
    }
    return modules[type];
  };
}

function modulesOf({ meta }: Layer, slice: number, grid: DisplayGrid): Modules {
  const window = initialWindow(meta);
  const color = grid.components === 3;
  return {
    imagePlaneModule: planeModule(meta, slice % meta.size[2], grid),
    imagePixelModule: {
      samplesPerPixel: grid.components,
      photometricInterpretation: color ? "RGB" : "MONOCHROME2",
      rows: grid.height,
      columns: grid.width,
      bitsAllocated: color ? 8 : 16,
      bitsStored: color ? 8 : 16,
      highBit: color ? 7 : 15,
      pixelRepresentation: meta.type.startsWith("uint") ? 0 : 1,
    },
    generalSeriesModule: { modality: meta.modality || "OT", seriesInstanceUID: meta.image },
    // Only until the pane's own window is set; narrower ones have no two values for Cornerstone3D.
    voiLutModule: { windowCenter: [window.center], windowWidth: [Math.max(2, window.width)] },
    // Values are the modality's own already.
    modalityLutModule: { rescaleSlope: 1, rescaleIntercept: 0 },
  };
}

function planeModule(geometry: Geometry, k: number, grid: DisplayGrid): Record<string, unknown> {
  const rowCosines = axisDirection(geometry, 0);
  const columnCosines = axisDirection(geometry, 1);
  const position: Vec3 = voxelToWorld(geometry, [0, 0, k]);
  const [across, down] = [geometry.spacing[0] * grid.stride, geometry.spacing[1] * grid.stride];
  return {
    frameOfReferenceUID: FRAME_OF_REFERENCE,
    rows: grid.height,
    columns: grid.width,
    imageOrientationPatient: [...rowCosines, ...columnCosines],
    rowCosines,
    columnCosines,
    imagePositionPatient: position,
    sliceThickness: geometry.spacing[2],
    spacingBetweenSlices: geometry.spacing[2],
    pixelSpacing: [down, across],
    rowPixelSpacing: down,
    columnPixelSpacing: across,
    usingDefaultValues: false,
  };
}
