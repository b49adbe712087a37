/** Points a viewport of Cornerstone3D at what our camera says. */

import { Enums, type Types } from "@cornerstonejs/core";
import type { Vec3 } from "../core/meta";
import type { Camera } from "./camera";
import { along } from "./vectors";

/** Millimetres from which parallel cameras look, and how deep: small, because the device reckons in 32-bit floats. */
const DISTANCE = 2000;

interface Aimed {
  setCamera(camera: Types.ICamera): void;
}

export function aim(viewport: Aimed, { focalPoint, viewPlaneNormal, viewUp, parallelScale }: Camera): void {
  viewport.setCamera({
    focalPoint: point(focalPoint),
    position: point(along(focalPoint, viewPlaneNormal, DISTANCE)),
    viewUp: point(viewUp),
    parallelScale,
  });
}

/** Cornerstone3D looks through a thousand kilometres, which leaves no precision for thin planes. */
export function narrow(camera: { setClippingRange(near: number, far: number): unknown }): void {
  camera.setClippingRange(1, 2 * DISTANCE);
}

export function point(vector: Vec3): Types.Point3 {
  return [vector[0], vector[1], vector[2]];
}

interface Interpolated {
  getProperty(): unknown;
}

/** vtk.js numbers interpolations alike for slices and volumes, but types them apart. */
export function setInterpolation(actor: Interpolated, smooth: boolean): void {
  const property = actor.getProperty() as { setInterpolationType(type: number): boolean };
  property.setInterpolationType(smooth ? Enums.InterpolationType.LINEAR : Enums.InterpolationType.NEAREST);
}
