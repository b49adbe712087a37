/** How long somebody is at it: the page is in front, and something was done within the last minute. */

/** Milliseconds without a sign of life after which nobody is there. */
export const IDLE = 60_000;

export class Clock {
  private readonly now: () => number;
  private counted = 0;
  /** Last sign of life; null while the page is hidden. */
  private last: number | null;

  constructor(now: () => number, visible: boolean) {
    this.now = now;
    this.last = visible ? now() : null;
  }

  /** Milliseconds so far. */
  get total(): number { return this.counted + this.running; }

  /** Something was pressed, moved or typed. */
  touch(): void {
    if (this.last === null) return;
    this.counted += this.running;
    this.last = this.now();
  }

  hide(): void {
    this.counted += this.running;
    this.last = null;
  }

  show(): void {
    if (this.last === null) this.last = this.now();
  }

  private get running(): number {
    return this.last === null ? 0 : Math.min(Math.max(0, this.now() - this.last), IDLE);
  }
}
