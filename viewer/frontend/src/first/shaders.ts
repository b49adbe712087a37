/** Shader sources. One quad covers the stage; the fragment shader looks up its own place in the picture. */

import type { SamplerKind } from "./texture-formats";

export const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

const HEAD = (sampler: SamplerKind): string => `#version 300 es
precision highp float;
precision highp int;
precision highp ${sampler};
uniform ${sampler} picture;
uniform vec3 columnOf, rowOf;   // device pixel (x, y, 1) -> full-resolution texel, centers at integers
uniform vec2 fullSize;
uniform float stride;           // full-resolution texels per texel of this picture
out vec4 color;
vec2 place() {
  vec3 at = vec3(gl_FragCoord.xy, 1.0);
  return vec2(dot(columnOf, at), dot(rowOf, at));
}
bool outside(vec2 at) {
  return any(lessThan(at, vec2(-0.5))) || any(greaterThanEqual(at, fullSize - 0.5));
}`;

/**
 * Grey or color picture: bilinear by hand (integer textures have no filter), a few samples per pixel when shrunk.
 * A value that is not a number counts as the darkest.
 */
export function pictureShader(sampler: SamplerKind): string {
  return `${HEAD(sampler)}
uniform vec2 bounds;            // values shown black and white
uniform bool colored;
uniform int taps;
vec3 texel(ivec2 at) {
  vec3 value = vec3(texelFetch(picture, clamp(at, ivec2(0), textureSize(picture, 0) - 1), 0).rgb);
  if (!colored) value = value.rrr;
  return vec3(value.r == value.r ? value.r : bounds.x, value.g == value.g ? value.g : bounds.x,
              value.b == value.b ? value.b : bounds.x);
}
vec3 smoothAt(vec2 at) {
  vec2 scaled = at / stride;
  ivec2 base = ivec2(floor(scaled));
  vec2 part = fract(scaled);
  return mix(mix(texel(base), texel(base + ivec2(1, 0)), part.x),
             mix(texel(base + ivec2(0, 1)), texel(base + ivec2(1, 1)), part.x), part.y);
}
void main() {
  vec2 at = place();
  if (outside(at)) discard;
  vec2 dx = vec2(columnOf.x, rowOf.x);
  vec2 dy = vec2(columnOf.y, rowOf.y);
  vec3 sum = vec3(0.0);
  for (int i = 0; i < taps; i++) {
    for (int j = 0; j < taps; j++) {
      vec2 shift = (vec2(i, j) + 0.5) / float(taps) - 0.5;
      sum += smoothAt(at + shift.x * dx + shift.y * dy);
    }
  }
  vec3 grey = clamp((sum / float(taps * taps) - bounds.x) / (bounds.y - bounds.x), 0.0, 1.0);
  color = vec4(grey, 1.0);
}`;
}
