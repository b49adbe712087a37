/** Compiles shaders and finds their uniforms once. */

import { VERTEX } from "./shaders";

export class Program {
  readonly handle: WebGLProgram;
  private readonly gl: WebGL2RenderingContext;
  private readonly shaders: readonly WebGLShader[];
  private readonly locations = new Map<string, WebGLUniformLocation | null>();
  private checked = false;

  /** Only hands the sources to the device; it compiles while we wait for the first slice. */
  constructor(gl: WebGL2RenderingContext, fragment: string) {
    this.gl = gl;
    this.handle = gl.createProgram();
    this.shaders = [compile(gl, gl.VERTEX_SHADER, VERTEX), compile(gl, gl.FRAGMENT_SHADER, fragment)];
    this.shaders.forEach((shader) => { gl.attachShader(this.handle, shader); });
    gl.linkProgram(this.handle);
  }

  /** Makes it the current program; the first call waits for the compiler and tells what it says. */
  use(): void {
    const { gl } = this;
    if (!this.checked && !gl.isContextLost() && !gl.getProgramParameter(this.handle, gl.LINK_STATUS)) {
      const logs = this.shaders.map((shader) => gl.getShaderInfoLog(shader) ?? "");
      throw new Error([gl.getProgramInfoLog(this.handle) ?? "", ...logs].join("\n"));
    }
    this.checked = true;
    gl.useProgram(this.handle);
  }

  uniform(name: string): WebGLUniformLocation | null {
    if (!this.locations.has(name)) {
      this.locations.set(name, this.gl.getUniformLocation(this.handle, name));
    }
    return this.locations.get(name) ?? null;
  }
}

function compile(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (!shader) throw new Error("The graphics device gave no shader.");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  return shader;
}
