/** Draws one picture on a canvas: what is needed before the application is here. */

import type { DecodedSlice } from "../core/pixels";
import type { Placement } from "./placement";
import { Program } from "./program";
import { pictureShader } from "./shaders";
import { type SamplerKind, textureFormat } from "./texture-formats";

export interface ImageStyle {
  /** Values shown black and white. */
  readonly bounds: readonly [number, number];
  readonly components: number;
  readonly background: readonly [number, number, number];
}

const MAX_TAPS = 4;

export class Renderer {
  readonly maxTextureSize: number;
  private readonly gl: WebGL2RenderingContext;
  private readonly programs = new Map<SamplerKind, Program>();
  private readonly texture: WebGLTexture;
  private uploaded: DecodedSlice | null = null;
  private sampler: SamplerKind = "isampler2D";

  constructor(gl: WebGL2RenderingContext) {
    this.gl = gl;
    this.maxTextureSize = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
    this.texture = gl.createTexture();
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
    }
    // By far the most common pixels: signed integers. Compiled before the first slice is here.
    this.program("isampler2D");
  }

  draw(slice: DecodedSlice, placement: Placement, style: ImageStyle): void {
    const { gl } = this;
    this.upload(slice, style.components);
    this.clear(style.background);
    const program = this.program(this.sampler);
    program.use();
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(...placement.cover);
    gl.uniform3fv(program.uniform("columnOf"), placement.columnOf);
    gl.uniform3fv(program.uniform("rowOf"), placement.rowOf);
    gl.uniform2fv(program.uniform("fullSize"), placement.fullSize);
    gl.uniform1f(program.uniform("stride"), slice.stride);
    gl.uniform2f(program.uniform("bounds"), ...style.bounds);
    gl.uniform1i(program.uniform("colored"), style.components >= 3 ? 1 : 0);
    const taps = Math.min(MAX_TAPS, Math.max(1, Math.ceil(placement.shrink / slice.stride)));
    gl.uniform1i(program.uniform("taps"), taps);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Gives the graphics memory back; browsers allow a page few contexts. */
  release(): void {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private clear([red, green, blue]: ImageStyle["background"]): void {
    const { gl } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(red, green, blue, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  private upload(slice: DecodedSlice, components: number): void {
    if (this.uploaded === slice) return;
    const { gl } = this;
    const { internal, format, type, sampler } = textureFormat(gl, slice.pixels, components);
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, slice.width, slice.height, 0, format, type, slice.pixels);
    this.uploaded = slice;
    this.sampler = sampler;
  }

  private program(sampler: SamplerKind): Program {
    let program = this.programs.get(sampler);
    if (!program) {
      program = new Program(this.gl, pictureShader(sampler));
      this.programs.set(sampler, program);
    }
    return program;
  }
}
