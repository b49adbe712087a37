/** Long work on the page's own thread, a few milliseconds at a time, so that the picture goes on moving. One at a time. */

/** Milliseconds at a stretch: two of three frames stay for drawing. */
const PIECE = 6;
/** Milliseconds before anything is said: most work is done by then. */
const PATIENCE = 300;

export class Pieces {
  private readonly say: (words: string | null) => void;
  private turn = 0;
  private working = false;

  /** `say`: how far it is, in words; null when it is over. */
  constructor(say: (words: string | null) => void) {
    this.say = say;
  }

  get busy(): boolean {
    return this.working;
  }

  /** Stops what is worked on; tells whether there was anything. */
  cancel(): boolean {
    const was = this.working;
    this.turn += 1;
    this.working = false;
    return was;
  }

  /** Does all steps; null when it was cancelled, or something else was begun meanwhile. */
  async run<Result>(steps: Generator<number, Result, undefined>, words: (progress: number) => string): Promise<Result | null> {
    this.cancel();
    const run = this.turn;
    this.working = true;
    const began = performance.now();
    let said = false;
    let pause = began + PIECE;
    let step = steps.next();
    while (!step.done) {
      if (performance.now() >= pause) {
        if (performance.now() - began > PATIENCE) {
          this.say(words(step.value));
          said = true;
        }
        await new Promise((resolve) => { setTimeout(resolve); });
        if (run !== this.turn) break;
        pause = performance.now() + PIECE;
      }
      step = steps.next();
    }
    if (said) this.say(null);
    if (run !== this.turn) return null;
    this.working = false;
    return step.done ? step.value : null;
  }
}
