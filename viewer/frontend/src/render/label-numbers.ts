/**
 * Small numbers for labels. A color table has few entries, while label maps may use any 32-bit number
 * (atlases use five digits): labels beyond the table are numbered in the order in which they are met.
 */

import type { Pixels } from "../core/pixels";

/** The largest number a table entry is kept for. */
export const MAX_LABEL_NUMBER = 1000;

export class LabelNumbers {
  /** Whether labels are their own numbers. */
  readonly direct: boolean;
  private readonly highest: number;
  private readonly numbers = new Map<number, number>([[0, 0]]);
  private readonly known: number[] = [0];

  constructor(highest: number) {
    this.highest = Math.max(1, Math.ceil(highest));
    this.direct = this.highest <= MAX_LABEL_NUMBER;
  }

  /** How many entries a table of all numbers needs. */
  get count(): number {
    return this.direct ? this.highest + 1 : this.known.length;
  }

  numberOf(label: number): number {
    if (this.direct) return label;
    const known = this.numbers.get(label);
    if (known !== undefined) return known;
    // Beyond the table labels share numbers: colors repeat anyway.
    const fresh = this.known.length <= MAX_LABEL_NUMBER ? this.known.length : 1 + (label % MAX_LABEL_NUMBER);
    this.numbers.set(label, fresh);
    if (fresh === this.known.length) this.known.push(label);
    return fresh;
  }

  labelOf(number: number): number {
    return this.direct ? number : (this.known[number] ?? 0);
  }

  /** Writes the numbers of `labels`; negative and fractional ones count as background. */
  translate(labels: Pixels, out: Uint16Array): void {
    let lastLabel = 0;
    let lastNumber = 0;
    for (let i = 0; i < labels.length; i += 1) {
      const label = labels[i] as number;
      if (label !== lastLabel) {
        lastLabel = label;
        lastNumber = label > 0 && Number.isInteger(label) ? this.numberOf(label) : 0;
      }
      out[i] = lastNumber;
    }
  }
}
