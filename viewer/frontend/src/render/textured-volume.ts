/** A layer's volume as Cornerstone3D and the graphics device hold it. Only slices that got better are sent to the device. */

import { ImageVolume, type Types, cache, utilities } from "@cornerstonejs/core";
import type { Layer } from "../core/layer";
import type { Pixels } from "../core/pixels";
import type { VolumeSource } from "../core/volume";
import { displayArray, isColor } from "./display-pixels";
import { sliceId, volumeId, volumeSliceId } from "./image-ids";
import { LabelNumbers } from "./label-numbers";
import { FRAME_OF_REFERENCE } from "./metadata";
import { overlayKind } from "./overlay-colors";

export class TexturedVolume {
  readonly id: string;
  readonly layer: Layer;
  readonly source: VolumeSource;
  /** Label maps only. */
  readonly numbers: LabelNumbers | null;
  /** Labels of a byte are their own numbers: the device is given them as they are, a quarter of what it would make of longer ones. */
  private readonly bytes: boolean;
  private readonly volume: ImageVolume;
  /** Slices that are better than what the device has. */
  private readonly waiting = new Set<number>();
  /** Level of each slice on the device, -1 for none. */
  private readonly sent: Int16Array;
  private readonly sliceBytes: number;

  constructor(layer: Layer, source: VolumeSource) {
    this.layer = layer;
    this.source = source;
    this.id = volumeId(layer.index, source.timepoint);
    const labels = layer.meta.role === "overlay" && overlayKind(layer.meta) === "labels";
    this.numbers = labels ? new LabelNumbers(layer.meta.range?.[1] ?? 1) : null;
    this.bytes = source.slice(0) instanceof Uint8Array && this.numbers?.direct === true;
    const depth = source.size[2];
    this.sent = new Int16Array(depth).fill(-2);
    const dataType = this.textureArray(0).constructor.name;
    this.sliceBytes = source.sliceBytes;
    const imageIds = Array.from({ length: depth }, (_, k) => volumeSliceId(this.id, k));
    imageIds.forEach((id, k) => { cache.putImageSync(id, this.imageOf(id, k)); });
    this.volume = this.make(imageIds, dataType);
    cache.putVolumeSync(this.id, this.volume);
    for (let k = 0; k < depth; k += 1) this.waiting.add(k);
  }

  /** Notes a slice that was decoded or edited; tells whether the device has to be told. */
  gotBetter(k: number): boolean {
    if (!this.layer.local && this.source.level(k) <= (this.sent[k] ?? -1)) return false;
    this.waiting.add(k);
    return true;
  }

  /** Marks waiting slices for the next draw, as many as `bytes` allow; tells whether some are left. */
  send(bytes: number): boolean {
    let left = Math.max(1, Math.floor(bytes / this.sliceBytes));
    for (const k of this.waiting) {
      if (left === 0) break;
      left -= 1;
      this.waiting.delete(k);
      this.sent[k] = this.source.level(k);
      this.volume.vtkOpenGLTexture?.setUpdatedFrame(k);
    }
    return this.waiting.size > 0;
  }

  /** Lowest level on the device: -1 where nothing has arrived yet. */
  get level(): number {
    return this.sent.reduce((lowest, level) => Math.min(lowest, Math.max(level, -1)), this.layer.full);
  }

  release(): void {
    for (const id of this.volume.imageIds) cache.removeImageLoadObject(id, { force: true });
    cache.removeVolumeLoadObject(this.id);
    this.volume.vtkOpenGLTexture?.releaseGraphicsResources();
    this.volume.vtkOpenGLTexture?.delete();
  }

  private make(imageIds: string[], dataType: string): ImageVolume {
    const { meta } = this.layer;
    return new ImageVolume({
      volumeId: this.id,
      dataType: dataType as Types.PixelDataTypedArrayString,
      dimensions: [...meta.size] as Types.Point3,
      spacing: [...meta.spacing] as Types.Point3,
      origin: [...meta.origin] as Types.Point3,
      // Cornerstone3D lists the directions of the axes one after the other; ours stand in columns.
      direction: [0, 1, 2].flatMap((axis) => [0, 3, 6].map((row) => meta.direction[row + axis] ?? 0)) as Types.Mat3,
      imageIds,
      referencedImageIds: imageIds.map((_, k) => this.storedId(k)),
      metadata: { FrameOfReferenceUID: FRAME_OF_REFERENCE, Modality: meta.modality || "OT" } as Types.Metadata,
      numberOfComponents: isColor(meta) ? 3 : 1,
    });
  }

  private imageOf(id: string, k: number): Types.IImage {
    const { meta } = this.layer;
    const [width, height] = meta.size;
    const pixels = this.source.slice(k);
    const voxelManager = utilities.VoxelManager.createImageVoxelManager({
      width,
      height,
      scalarData: pixels,
      numberOfComponents: isColor(meta) ? 3 : 1,
    });
    // What goes to the device; values are read from the source.
    voxelManager.getScalarData = () => this.texturePixels(k) as Types.PixelDataTypedArray;
    const image = {
      imageId: id,
      referencedImageId: this.storedId(k),
      rows: height,
      columns: width,
      width,
      height,
      numberOfComponents: isColor(meta) ? 3 : 1,
      sizeInBytes: 0,
      dataType: this.textureArray(0).constructor.name,
      voxelManager,
      getPixelData: () => pixels,
    };
    return image as unknown as Types.IImage;
  }

  /** The stored slice, as stack panes and annotations know it. */
  private storedId(k: number): string {
    return sliceId(this.layer.index, this.layer.sliceAt(k, this.source.timepoint));
  }

  private textureArray(length: number): Pixels {
    if (this.bytes) return new Uint8Array(length);
    return this.numbers ? new Uint16Array(length) : displayArray(this.layer.meta, length);
  }

  private texturePixels(k: number): Pixels {
    const pixels = this.source.slice(k);
    if (this.bytes) return pixels;
    if (this.numbers) {
      const out = new Uint16Array(pixels.length);
      this.numbers.translate(pixels, out);
      return out;
    }
    return pixels instanceof Float32Array ? withoutHoles(pixels, this.layer.meta.range?.[0] ?? 0) : pixels;
  }
}

/** What is not a number would spread to its neighbors when the device interpolates. */
function withoutHoles(pixels: Float32Array<ArrayBuffer>, darkest: number): Pixels {
  if (!pixels.some(Number.isNaN)) return pixels;
  return pixels.map((value) => (Number.isNaN(value) ? darkest : value));
}
