/** Rectangles in whole pixels of a picture, from its top left corner. */

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The rectangle between two points, every touched pixel in it, cut at the picture's edges. */
export function between(a: Point, b: Point, width: number, height: number): Rectangle | null {
  const left = clamp(Math.floor(Math.min(a.x, b.x)), width);
  const top = clamp(Math.floor(Math.min(a.y, b.y)), height);
  const right = clamp(Math.ceil(Math.max(a.x, b.x)), width);
  const bottom = clamp(Math.ceil(Math.max(a.y, b.y)), height);
  if (right - left < 1 || bottom - top < 1) return null;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** What four texts say, if they are the whole numbers of a rectangle. */
export function parsed(texts: readonly string[]): Rectangle | null {
  const numbers = texts.map((text) => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN));
  const [x, y, width, height] = numbers;
  if (x === undefined || y === undefined || width === undefined || height === undefined) return null;
  if (numbers.some(Number.isNaN) || width < 1 || height < 1) return null;
  return { x, y, width, height };
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
