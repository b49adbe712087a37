/** How the application takes over from the first paint. */

import type { Session } from "../core/session";

export interface FirstPaint {
  /** Moves the first picture into the application's first pane, where it goes on being drawn. */
  mount(pane: HTMLElement): void;
  /** The application's own picture is on the screen: the first one goes. */
  handOver(): void;
}

export interface Boot {
  /** Open already, perhaps described: `session.meta` and `session.status` tell what happened before. */
  readonly session: Session;
  readonly root: HTMLElement;
  readonly first: FirstPaint;
}
