/** Which integer or float texture holds which typed array. */

import type { Pixels } from "../core/pixels";

export type SamplerKind = "isampler2D" | "usampler2D" | "sampler2D";

export interface TextureFormat {
  readonly internal: number;
  readonly format: number;
  readonly type: number;
  readonly sampler: SamplerKind;
}

type Triple = readonly [internal: number, format: number, type: number];

export function textureFormat(gl: WebGL2RenderingContext, pixels: Pixels, components: number): TextureFormat {
  const sampler = samplerOf(pixels);
  const [internal, format, type] = components === 1 ? single(gl, pixels) : several(gl, pixels, components);
  return { internal, format, type, sampler };
}

function samplerOf(pixels: Pixels): SamplerKind {
  if (pixels instanceof Float32Array) return "sampler2D";
  const signed = pixels instanceof Int8Array || pixels instanceof Int16Array || pixels instanceof Int32Array;
  return signed ? "isampler2D" : "usampler2D";
}

function single(gl: WebGL2RenderingContext, pixels: Pixels): Triple {
  if (pixels instanceof Float32Array) return [gl.R32F, gl.RED, gl.FLOAT];
  if (pixels instanceof Int8Array) return [gl.R8I, gl.RED_INTEGER, gl.BYTE];
  if (pixels instanceof Uint8Array) return [gl.R8UI, gl.RED_INTEGER, gl.UNSIGNED_BYTE];
  if (pixels instanceof Int16Array) return [gl.R16I, gl.RED_INTEGER, gl.SHORT];
  if (pixels instanceof Uint16Array) return [gl.R16UI, gl.RED_INTEGER, gl.UNSIGNED_SHORT];
  if (pixels instanceof Int32Array) return [gl.R32I, gl.RED_INTEGER, gl.INT];
  return [gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT];
}

/** Two to four components: vectors of the same kinds. */
function several(gl: WebGL2RenderingContext, pixels: Pixels, components: number): Triple {
  const at = Math.min(components, 4) - 2;
  const pick = (values: readonly [number, number, number]): number => values[at] ?? values[1];
  const integer = pick([gl.RG_INTEGER, gl.RGB_INTEGER, gl.RGBA_INTEGER]);
  if (pixels instanceof Float32Array) {
    return [pick([gl.RG32F, gl.RGB32F, gl.RGBA32F]), pick([gl.RG, gl.RGB, gl.RGBA]), gl.FLOAT];
  }
  if (pixels instanceof Int8Array) return [pick([gl.RG8I, gl.RGB8I, gl.RGBA8I]), integer, gl.BYTE];
  if (pixels instanceof Uint8Array) return [pick([gl.RG8UI, gl.RGB8UI, gl.RGBA8UI]), integer, gl.UNSIGNED_BYTE];
  if (pixels instanceof Int16Array) return [pick([gl.RG16I, gl.RGB16I, gl.RGBA16I]), integer, gl.SHORT];
  if (pixels instanceof Uint16Array) {
    return [pick([gl.RG16UI, gl.RGB16UI, gl.RGBA16UI]), integer, gl.UNSIGNED_SHORT];
  }
  if (pixels instanceof Int32Array) return [pick([gl.RG32I, gl.RGB32I, gl.RGBA32I]), integer, gl.INT];
  return [pick([gl.RG32UI, gl.RGB32UI, gl.RGBA32UI]), integer, gl.UNSIGNED_INT];
}
