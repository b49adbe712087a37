/** When things first happened, in milliseconds since the navigation began. */

export type Moment =
  | "started"
  | "connected"
  | "described"
  | "firstPreview"
  | "firstFull"
  | "appReady"
  | "handedOver"
  | "swept"
  | "settled"
  | "allDecoded";

export class Timings {
  readonly moments: Partial<Record<Moment, number>> = {};

  /** Only the first time counts. */
  mark(moment: Moment): void {
    this.moments[moment] ??= Math.round(performance.now() * 10) / 10;
  }
}
