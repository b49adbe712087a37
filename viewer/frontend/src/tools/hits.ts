/** What lies under a pointer. All in CSS pixels of a pane. */

export type ScreenPoint = readonly [x: number, y: number];

export interface ScreenShape {
  readonly id: string;
  /** Null: not in this plane. */
  readonly handles: readonly (ScreenPoint | null)[];
  readonly lines: readonly { readonly points: readonly ScreenPoint[]; readonly closed: boolean }[];
}

export interface Hit {
  readonly id: string;
  /** Null: somewhere on its line. */
  readonly handle: number | null;
}

/** How near is on it: a finger covers more than the tip of a mouse pointer. */
export const NEAR = { mouse: { handle: 8, line: 5 }, touch: { handle: 22, line: 16 } } as const;

/** The nearest handle, else the nearest line; of equals the one drawn on top, which comes last. */
export function hitAt(shapes: readonly ScreenShape[], place: ScreenPoint, near: (typeof NEAR)["mouse" | "touch"]): Hit | null {
  return nearestHandle(shapes, place, near.handle) ?? nearestLine(shapes, place, near.line);
}

function nearestHandle(shapes: readonly ScreenShape[], place: ScreenPoint, within: number): Hit | null {
  let best: Hit | null = null;
  let least = within;
  for (const { id, handles } of shapes) {
    handles.forEach((handle, index) => {
      const away = handle ? Math.hypot(handle[0] - place[0], handle[1] - place[1]) : Infinity;
      if (away > least) return;
      least = away;
      best = { id, handle: index };
    });
  }
  return best;
}

function nearestLine(shapes: readonly ScreenShape[], place: ScreenPoint, within: number): Hit | null {
  let best: Hit | null = null;
  let least = within;
  for (const { id, lines } of shapes) {
    for (const line of lines) {
      const away = distanceToLine(line.points, line.closed, place);
      if (away > least) continue;
      least = away;
      best = { id, handle: null };
    }
  }
  return best;
}

function distanceToLine(points: readonly ScreenPoint[], closed: boolean, place: ScreenPoint): number {
  const [first] = points;
  if (!first) return Infinity;
  let least = Math.hypot(first[0] - place[0], first[1] - place[1]);
  const steps = closed ? points.length : points.length - 1;
  for (let index = 0; index < steps; index += 1) {
    const from = points[index] as ScreenPoint;
    const to = points[(index + 1) % points.length] as ScreenPoint;
    least = Math.min(least, distanceToStep(from, to, place));
  }
  return least;
}

function distanceToStep(from: ScreenPoint, to: ScreenPoint, [x, y]: ScreenPoint): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const size = dx * dx + dy * dy;
  const share = size === 0 ? 0 : Math.min(1, Math.max(0, ((x - from[0]) * dx + (y - from[1]) * dy) / size));
  return Math.hypot(from[0] + share * dx - x, from[1] + share * dy - y);
}
