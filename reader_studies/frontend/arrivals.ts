/** Masks on their way: an answer names what the site has, so a case closes only once that is all that was painted. */

import { hear } from "../../viewer/frontend/src/core/reading-messages";

export class Arrivals {
  private readonly underWay = new Set<string>();
  private readonly target: EventTarget;
  readonly stop: () => void;

  constructor(target: EventTarget = window) {
    this.target = target;
    this.stop = hear("hounsfield:saving", ({ key, saving }) => {
      if (saving) this.underWay.add(key);
      else this.underWay.delete(key);
    }, target);
  }

  get isWaiting(): boolean { return this.underWay.size > 0; }

  /** False when something has not arrived after so many milliseconds. */
  whenAll(patience: number): Promise<boolean> {
    if (!this.isWaiting) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (all: boolean): void => {
        stop();
        clearTimeout(timer);
        resolve(all);
      };
      const stop = hear("hounsfield:saving", () => { if (!this.isWaiting) end(true); }, this.target);
      const timer = setTimeout(() => { end(false); }, patience);
    });
  }
}
