/**
 * Exact Euclidean distances in a plane, in two passes of lower envelopes of parabolas
 * (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
 */

const FAR = 1e20;

export interface Plane2 {
  readonly width: number;
  readonly height: number;
  /** Millimetres from one pixel to the next. */
  readonly across: number;
  readonly down: number;
}

/**
 * Signed distance of every pixel to the edge of a shape in millimetres: inside to the nearest pixel outside, and
 * outside minus that to the nearest one inside. Pixels beyond the picture count as unknown, so leave a margin of one.
 */
export function signedDistance(shape: Uint8Array, plane: Plane2): Float64Array {
  const toOutside = squaredDistance(shape, 0, plane);
  const toInside = squaredDistance(shape, 1, plane);
  return toOutside.map((squared, at) => (shape[at] ? Math.sqrt(squared) : -Math.sqrt(toInside[at] as number)));
}

/** Squared distance to the nearest pixel that is `target`. */
function squaredDistance(shape: Uint8Array, target: 0 | 1, { width, height, across, down }: Plane2): Float64Array {
  const out = Float64Array.from(shape, (value) => (value === target ? 0 : FAR));
  const longest = Math.max(width, height);
  const envelope = { line: new Float64Array(longest), places: new Int32Array(longest), ends: new Float64Array(longest + 1) };
  for (let x = 0; x < width; x += 1) transform(out, { start: x, stride: width, count: height, step: down }, envelope);
  for (let y = 0; y < height; y += 1) transform(out, { start: y * width, stride: 1, count: width, step: across }, envelope);
  return out;
}

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
  readonly step: number;
}

interface Envelope {
  readonly line: Float64Array;
  /** Where the parabolas of the envelope have their lowest points, and from where each is the lowest. */
  readonly places: Int32Array;
  readonly ends: Float64Array;
}

/** Replaces the values f of a line by the lowest of f(q) + (p - q)². */
function transform(values: Float64Array, { start, stride, count, step }: Line, { line, places, ends }: Envelope): void {
  for (let n = 0; n < count; n += 1) line[n] = values[start + n * stride] as number;
  const height = (n: number): number => (line[n] as number) + (n * step) ** 2;
  let top = -1;
  for (let n = 0; n < count; n += 1) {
    if ((line[n] as number) >= FAR) continue;
    let from = -Infinity;
    while (top >= 0) {
      const last = places[top] as number;
      from = (height(n) - height(last)) / (2 * step * (n - last));
      if (from > (ends[top] as number)) break;
      top -= 1;
    }
    if (top < 0) from = -Infinity;
    top += 1;
    places[top] = n;
    ends[top] = from;
  }
  if (top < 0) return;
  let current = 0;
  for (let n = 0; n < count; n += 1) {
    while (current < top && (ends[current + 1] as number) < n * step) current += 1;
    const lowest = places[current] as number;
    values[start + n * stride] = (line[lowest] as number) + ((n - lowest) * step) ** 2;
  }
}
