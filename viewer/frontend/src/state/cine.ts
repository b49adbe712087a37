/** Plays panes: one clock per pane, and never a picture ahead of the one that is still being drawn. */

import type { PaneId } from "./workspace-state";

interface Player {
  readonly fps: number;
  timer: ReturnType<typeof setTimeout>;
}

export class CineClock {
  private readonly players = new Map<PaneId, Player>();
  private readonly ready: (pane: PaneId) => boolean;
  private readonly advance: (pane: PaneId) => void;

  constructor(options: { ready: (pane: PaneId) => boolean; advance: (pane: PaneId) => void }) {
    this.ready = options.ready;
    this.advance = options.advance;
  }

  /** States what plays now, and how fast. */
  play(panes: ReadonlyMap<PaneId, number>): void {
    for (const [pane, player] of this.players) {
      if (panes.get(pane) === player.fps) continue;
      clearTimeout(player.timer);
      this.players.delete(pane);
    }
    for (const [pane, fps] of panes) {
      if (!this.players.has(pane)) this.players.set(pane, { fps, timer: this.next(pane, fps) });
    }
  }

  private next(pane: PaneId, fps: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      const player = this.players.get(pane);
      if (!player) return;
      player.timer = this.next(pane, fps);
      if (this.ready(pane)) this.advance(pane);
    }, 1000 / fps);
  }
}
