/** Slices of masks as the site keeps them (docs/annotations.md). */

import type { SliceChange } from "./annotations";

export interface StoredMask {
  readonly revision: string;
  readonly version: number;
  readonly bits: 8 | 16;
  readonly slices: readonly SliceChange[];
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export class MaskApi {
  private readonly root: string;
  private readonly fetch: Fetch;

  constructor(options: { root: string; fetch: Fetch }) {
    this.root = options.root;
    this.fetch = options.fetch;
  }

  /**
   * All slices that are not empty, or (`since` a version) those that changed afterwards; null while the site is away,
   * "refused" where it says that they are not for this reader.
   */
  async read(pk: string, since?: number): Promise<StoredMask | "refused" | null> {
    try {
      const address = `${this.root}${pk}/mask/${since === undefined ? "" : `?since=${since}`}`;
      const response = await this.fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (response.ok) return (await response.json()) as StoredMask;
      return response.status === 429 || response.status >= 500 ? null : "refused";
    } catch {
      return null;
    }
  }

  /** Where a mask can be downloaded. */
  fileUrl(pk: string, format: "mha" | "nii.gz"): string {
    return `${this.root}${pk}/mask.${format}`;
  }
}
