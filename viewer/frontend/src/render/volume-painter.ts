/** A cut through volumes, thin or a slab, with overlays on whatever grid they have, on an orthographic viewport. */

import { Enums, type Types, type VolumeViewport } from "@cornerstonejs/core";
import { aim, narrow, point, setInterpolation } from "./aim";
import type { Camera } from "./camera";
import { MAX_LABEL_NUMBER } from "./label-numbers";
import { type OverlayLook, isSmooth } from "./overlay-colors";
import { type Drawn, NOTHING_DRAWN, type Scene, type Slab, lookKey } from "./scene";
import type { TexturedVolume } from "./textured-volume";
import { writeHeat, writeImageColors, writeLabels, writeOpaque } from "./transfer";
import { along, negate } from "./vectors";
import type { Volumes } from "./volumes";

/** Half of the thickness of a plane in millimetres: thin enough that one sample of it is the plane itself. */
const HALF_PLANE = 0.01;
/** Texels of a table of labels: several per label. */
const LABEL_TEXELS = 4 * (MAX_LABEL_NUMBER + 1);

export class VolumePainter {
  readonly viewport: VolumeViewport;
  private readonly pane: string;
  private readonly volumes: Volumes;
  private shown: readonly TexturedVolume[] = [];
  private readonly looks = new Map<string, string>();

  constructor(viewport: VolumeViewport, volumes: Volumes, pane: string) {
    this.viewport = viewport;
    this.volumes = volumes;
    this.pane = pane;
  }

  async show(scene: Scene): Promise<void> {
    const { timepoint } = scene;
    const wanted = [scene.layer, ...scene.overlays.map(({ layer }) => layer)].map((layer) => ({ layer, timepoint }));
    await this.place(this.volumes.use(this.pane, wanted));
    const [image, ...overlays] = this.shown;
    if (!image) return;
    this.paintImage(image, scene);
    scene.overlays.forEach(({ look }, index) => {
      const volume = overlays[index];
      if (volume) this.paintOverlay(volume, look);
    });
    aim(this.viewport, scene.camera);
    narrow(this.viewport.getRenderer().getActiveCamera());
    this.clip(scene.camera, scene.slab);
    this.viewport.render();
  }

  get drawn(): Drawn {
    const [image] = this.shown;
    if (!image || image.source.version === 0) return NOTHING_DRAWN;
    const level = Math.max(0, image.level);
    return { level, complete: this.shown.every((volume) => volume.level === volume.layer.full) };
  }

  shows(ids: ReadonlySet<string>): boolean {
    return this.shown.some(({ id }) => ids.has(id));
  }

  leave(): void {
    this.volumes.leave(this.pane);
  }

  private async place(volumes: readonly TexturedVolume[]): Promise<void> {
    if (volumes.length === this.shown.length && volumes.every((volume, index) => volume === this.shown[index])) return;
    this.looks.clear();
    const blendMode = Enums.BlendModes.MAXIMUM_INTENSITY_BLEND;
    await this.viewport.setVolumes(volumes.map(({ id }) => ({ volumeId: id, actorUID: id, blendMode })), false, true);
    this.shown = volumes;
    this.volumes.tidy();
  }

  private paintImage(volume: TexturedVolume, scene: Scene): void {
    const { bounds, inverted, colorMap, interpolation, slab } = scene;
    const look = [...bounds, inverted, colorMap, interpolation, slab.mode, slab.thickness].join();
    const actor = this.changed(volume, look);
    if (!actor) return;
    const property = actor.getProperty();
    setInterpolation(actor, interpolation === "linear");
    writeImageColors(property.getRGBTransferFunction(0), scene);
    writeOpaque(property.getScalarOpacity(0), bounds);
    const mapper = mapperOf(actor);
    // One sample of a plane is its maximum, too; of a slab thinner than a step there is only one sample.
    mapper.setBlendMode(BLEND[slab.thickness > mapper.getSampleDistance() ? slab.mode : "none"]);
  }

  private paintOverlay(volume: TexturedVolume, look: OverlayLook): void {
    const actor = this.changed(volume, `${lookKey(look)}:${volume.numbers?.count ?? 0}`);
    if (!actor) return;
    const property = actor.getProperty();
    const mapper = mapperOf(actor);
    const functions = { colors: property.getRGBTransferFunction(0), opacity: property.getScalarOpacity(0) };
    setInterpolation(actor, isSmooth(look));
    // Opacity is meant per plane, not per millimetre of a ray.
    property.setScalarOpacityUnitDistance(0, mapper.getSampleDistance());
    mapper.setColorTextureWidth(LABEL_TEXELS);
    mapper.setOpacityTextureWidth(LABEL_TEXELS);
    if (look.kind === "heat") writeHeat(functions, look);
    else if (volume.numbers) writeLabels(functions, volume.layer.meta, volume.numbers, look);
  }

  /** The actor when its look differs from what it has; null when there is nothing to do. */
  private changed(volume: TexturedVolume, look: string): Types.VolumeActor | null {
    if (this.looks.get(volume.id) === look) return null;
    const actor = this.viewport.getActor(volume.id)?.actor;
    if (!actor) return null;
    this.looks.set(volume.id, look);
    return actor as Types.VolumeActor;
  }

  /** Between two planes: the image's slab, and a thin plane for overlays. */
  private clip(camera: Camera, slab: Slab): void {
    this.shown.forEach(({ id }, index) => {
      const actor = this.viewport.getActor(id)?.actor as Types.VolumeActor | undefined;
      const planes = actor ? mapperOf(actor).getClippingPlanes() : [];
      const half = index === 0 && slab.mode !== "none" ? Math.max(HALF_PLANE, slab.thickness / 2) : HALF_PLANE;
      const normal = camera.viewPlaneNormal;
      planes[0]?.setNormal(point(normal));
      planes[0]?.setOrigin(point(along(camera.focalPoint, normal, -half)));
      planes[1]?.setNormal(point(negate(normal)));
      planes[1]?.setOrigin(point(along(camera.focalPoint, normal, half)));
    });
  }
}

const BLEND = {
  none: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
  mip: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
  minip: Enums.BlendModes.MINIMUM_INTENSITY_BLEND,
  average: Enums.BlendModes.AVERAGE_INTENSITY_BLEND,
} as const;

/** The parts of vtkVolumeMapper that are used here. */
interface VolumeMapper {
  setBlendMode(mode: number): void;
  getSampleDistance(): number;
  setColorTextureWidth(texels: number): unknown;
  setOpacityTextureWidth(texels: number): unknown;
  getClippingPlanes(): { setNormal(normal: Types.Point3): unknown; setOrigin(origin: Types.Point3): unknown }[];
}

function mapperOf(actor: Types.VolumeActor): VolumeMapper {
  return actor.getMapper() as unknown as VolumeMapper;
}
