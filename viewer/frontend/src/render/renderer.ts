/** Draws pictures on the canvas. Holds one texture per layer and uploads only what changed. */

import { PALETTE_WIDTH } from "../core/palette";
import type { Pixels } from "../core/pixels";
import type { Placement } from "./placement";
import { Program } from "./program";
import { labelShader, pictureShader } from "./shaders";
import { type SamplerKind, textureFormat } from "./texture-formats";

/** Pixels to upload; `key` names the content, so that an unchanged picture stays on the device. */
export interface Picture {
  readonly key: string;
  readonly pixels: Pixels;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly stride: number;
}

export interface ImageStyle {
  readonly bounds: readonly [number, number];
  readonly inverted: boolean;
}

export interface LabelStyle {
  readonly paletteKey: string;
  /** RGBA texels, 256 a row; made only when `paletteKey` changes. */
  readonly palette: () => Uint8Array;
  readonly opacity: number;
}

interface Slot {
  readonly texture: WebGLTexture;
  key: string;
  sampler: SamplerKind;
}

const MAX_TAPS = 4;

export class Renderer {
  readonly maxTextureSize: number;
  private readonly gl: WebGL2RenderingContext;
  private readonly programs = new Map<string, Program>();
  private readonly slots = new Map<string, Slot>();
  private readonly background: readonly [number, number, number];

  constructor(gl: WebGL2RenderingContext, background: readonly [number, number, number]) {
    this.gl = gl;
    this.background = background;
    this.maxTextureSize = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    // By far the most common pixels: signed integers. Compiled before the first slice is here.
    this.program("picture-isampler2D", () => pictureShader("isampler2D"));
  }

  clear(): void {
    const { gl } = this;
    const [red, green, blue] = this.background;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  drawImage(picture: Picture, placement: Placement, style: ImageStyle): void {
    const { gl } = this;
    const sampler = this.upload("image", picture);
    const program = this.use(`picture-${sampler}`, () => pictureShader(sampler));
    this.place(program, picture, placement);
    gl.uniform2f(program.uniform("bounds"), style.bounds[0], style.bounds[1]);
    gl.uniform1i(program.uniform("inverted"), style.inverted ? 1 : 0);
    gl.uniform1i(program.uniform("colored"), picture.components >= 3 ? 1 : 0);
    const taps = Math.min(MAX_TAPS, Math.max(1, Math.ceil(placement.shrink / picture.stride)));
    gl.uniform1i(program.uniform("taps"), taps);
    gl.disable(gl.BLEND);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** `slot` keeps the textures of several overlays apart. */
  drawLabels(slot: string, picture: Picture, placement: Placement, style: LabelStyle): void {
    const { gl } = this;
    const sampler = this.upload(slot, picture);
    const program = this.use(`labels-${sampler}`, () => labelShader(sampler));
    this.place(program, picture, placement);
    gl.activeTexture(gl.TEXTURE1);
    this.uploadPalette(`${slot}-palette`, style);
    gl.activeTexture(gl.TEXTURE0);
    gl.uniform1i(program.uniform("palette"), 1);
    gl.uniform1f(program.uniform("opacity"), style.opacity);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  private place(program: Program, picture: Picture, placement: Placement): void {
    const { gl } = this;
    const [left, bottom, width, height] = placement.cover;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(left, bottom, width, height);
    gl.uniform1i(program.uniform("picture"), 0);
    gl.uniform3fv(program.uniform("columnOf"), placement.columnOf);
    gl.uniform3fv(program.uniform("rowOf"), placement.rowOf);
    gl.uniform2fv(program.uniform("fullSize"), placement.fullSize);
    gl.uniform1f(program.uniform("stride"), picture.stride);
  }

  private use(name: string, source: () => string): Program {
    const program = this.program(name, source);
    program.use();
    return program;
  }

  private program(name: string, source: () => string): Program {
    let program = this.programs.get(name);
    if (!program) {
      program = new Program(this.gl, source());
      this.programs.set(name, program);
    }
    return program;
  }

  private upload(name: string, picture: Picture): SamplerKind {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    const slot = this.slot(name);
    gl.bindTexture(gl.TEXTURE_2D, slot.texture);
    if (slot.key === picture.key) return slot.sampler;
    const { internal, format, type, sampler } = textureFormat(gl, picture.pixels, picture.components);
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, picture.width, picture.height, 0, format, type, picture.pixels);
    slot.key = picture.key;
    slot.sampler = sampler;
    return sampler;
  }

  private uploadPalette(name: string, { palette, paletteKey }: LabelStyle): void {
    const { gl } = this;
    const slot = this.slot(name);
    gl.bindTexture(gl.TEXTURE_2D, slot.texture);
    if (slot.key === paletteKey) return;
    const texels = palette();
    const rows = texels.length / (PALETTE_WIDTH * 4);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, PALETTE_WIDTH, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    slot.key = paletteKey;
  }

  private slot(name: string): Slot {
    const known = this.slots.get(name);
    if (known) return known;
    const { gl } = this;
    const slot: Slot = { texture: gl.createTexture(), key: "", sampler: "isampler2D" };
    gl.bindTexture(gl.TEXTURE_2D, slot.texture);
    for (const [name_, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.NEAREST],
      [gl.TEXTURE_MAG_FILTER, gl.NEAREST],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ] as const) {
      gl.texParameteri(gl.TEXTURE_2D, name_, value);
    }
    this.slots.set(name, slot);
    return slot;
  }
}
