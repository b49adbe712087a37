/* eslint-disable @typescript-eslint/no-unused-vars -- the verbs are filled in next */
/** The whole application, loaded while the first picture is already on the screen. */

import type { Session } from "./core/session";

/** What `main.ts` hands over. */
export interface Boot {
  readonly session: Session;
  readonly root: HTMLElement;
  readonly first: {
    /** Removes the first-paint canvas: called once, when the application's own first picture is on the screen. */
    handOver(): void;
  };
}

export function start(_boot: Boot): void {
  return;
}
