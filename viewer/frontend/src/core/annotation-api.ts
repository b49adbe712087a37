/** The site's API of annotations (docs/annotations.md). Nothing here waits or tries again: `state/autosave` does. */

import type { Change, ChangeResult, DisplaySet, StoredAnnotation } from "./annotations";
import { patienceFor } from "./patience";

export type Sent =
  | { readonly kind: "answered"; readonly results: readonly ChangeResult[] }
  /** The site did not answer, or asks for patience. */
  | { readonly kind: "away" }
  /** Nothing will be saved here any more: signed out, or no access. */
  | { readonly kind: "ended"; readonly status: number }
  /** The whole request was refused; nothing of it was stored. */
  | { readonly kind: "refused"; readonly detail: string };

export type Copied =
  | { readonly kind: "made"; readonly annotation: StoredAnnotation }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "away" };

/** What may become the start of one's own marks: values of the display set. */
export interface Start {
  readonly value: number;
  readonly socket: string;
  readonly title: string;
  readonly kind: string;
  /** UUIDs or addresses of the images it may lie on. */
  readonly images: readonly string[];
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const ENDED = new Set([401, 403, 404]);
const PAGE = 500;

export class AnnotationApi {
  private readonly set: Pick<DisplaySet, "source" | "object">;
  private readonly root: string;
  private readonly csrfToken: string;
  private readonly fetch: Fetch;

  constructor(set: Pick<DisplaySet, "source" | "object">, options: { root: string; csrfToken: string; fetch: Fetch }) {
    this.set = set;
    this.root = options.root;
    this.csrfToken = options.csrfToken;
    this.fetch = options.fetch;
  }

  /** Everything the reader may see here; null while the site is away. */
  async list(): Promise<readonly StoredAnnotation[] | null> {
    const found: StoredAnnotation[] = [];
    const { source, object } = this.set;
    for (;;) {
      const query = new URLSearchParams({ source, object, limit: String(PAGE), offset: String(found.length) });
      const page = await this.read<{ results: readonly StoredAnnotation[]; next: string | null }>(`?${query.toString()}`);
      if (!page) return null;
      found.push(...page.results);
      if (!page.next || page.results.length === 0) return found;
    }
  }

  /** One as it is now, also a deleted one; null while the site is away or where there is none. */
  one(pk: string): Promise<StoredAnnotation | null> {
    return this.read<StoredAnnotation>(`${pk}/`);
  }

  async starts(): Promise<readonly Start[]> {
    const query = new URLSearchParams({ ...this.set });
    const found = await this.read<readonly Start[] | { results: readonly Start[] }>(`starts/?${query.toString()}`);
    if (!found) return [];
    return "results" in found ? found.results : found;
  }

  /** Changes in order; the answer has one result for each. */
  async send(changes: readonly Change[]): Promise<Sent> {
    try {
      const response = await this.post("changes/", { ...this.set, changes });
      if (response.ok) return { kind: "answered", ...((await response.json()) as { results: readonly ChangeResult[] }) };
      if (ENDED.has(response.status)) return { kind: "ended", status: response.status };
      if (response.status === 429 || response.status >= 500) return { kind: "away" };
      return { kind: "refused", detail: await detailOf(response) };
    } catch {
      return { kind: "away" };
    }
  }

  async copy(of: object, id: string, annotation: string): Promise<Copied> {
    try {
      const response = await this.post("copies/", { ...this.set, id, annotation, of });
      if (response.ok) return { kind: "made", annotation: (await response.json()) as StoredAnnotation };
      return response.status >= 500 || response.status === 429
        ? { kind: "away" }
        : { kind: "refused", detail: await detailOf(response) };
    } catch {
      return { kind: "away" };
    }
  }

  /** Where the measurements can be downloaded as a table. */
  get tableUrl(): string {
    return `${this.root}measurements.csv?${new URLSearchParams({ ...this.set }).toString()}`;
  }

  private async read<T>(path: string): Promise<T | null> {
    try {
      const response = await this.fetch(this.root + path, {
        credentials: "same-origin",
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(patienceFor(0)),
      });
      return response.ok ? ((await response.json()) as T) : null;
    } catch {
      return null;
    }
  }

  private post(path: string, message: object): Promise<Response> {
    const body = JSON.stringify(message);
    return this.fetch(this.root + path, {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(patienceFor(body.length)),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrfToken },
      body,
    });
  }
}

async function detailOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown; title?: unknown };
  return typeof problem.detail === "string" ? problem.detail : typeof problem.title === "string" ? problem.title : "";
}
