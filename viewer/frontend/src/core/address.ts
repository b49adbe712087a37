/** Where the viewer's socket is: the page tells the first address, the site every further one (docs/viewer-protocol.md). */

import { type CloseMeaning, closeMeaning } from "./close-codes";

export interface Address {
  readonly url: string;
  /** Name of the viewer server behind it; empty for the site itself. */
  readonly server: string;
}

export type AddressAnswer =
  | { readonly kind: "found"; readonly address: Address }
  /** There is nothing to connect to any more. */
  | { readonly kind: "ended"; readonly meaning: CloseMeaning; readonly detail: string }
  /** The site did not answer: ask again later. */
  | { readonly kind: "away" };

export interface Addresses {
  readonly first: Address;
  /** Asks for another address; `failed` names a server that could not be reached or was lost. */
  next(failed: string | null): Promise<AddressAnswer>;
}

/** The attributes of `#viewer` that tell of the socket. */
export interface AddressData {
  readonly socketUrl?: string | undefined;
  readonly server?: string | undefined;
  readonly addressUrl?: string | undefined;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What an answer other than 200 means, as the close code that says the same. */
const ENDINGS: Readonly<Record<number, number>> = { 401: 4401, 403: 4401, 404: 4404, 409: 4408 };

export class SiteAddresses implements Addresses {
  readonly first: Address;
  private readonly page: string;
  private readonly addressUrl: string;
  private readonly csrfToken: string;
  private readonly fetch: Fetch;

  constructor(data: AddressData, options: { page: string; csrfToken: string; fetch: Fetch }) {
    this.page = options.page;
    this.first = { url: this.socketAt(data.socketUrl ?? ""), server: data.server ?? "" };
    this.addressUrl = data.addressUrl ?? "";
    this.csrfToken = options.csrfToken;
    this.fetch = options.fetch;
  }

  async next(failed: string | null): Promise<AddressAnswer> {
    if (!this.addressUrl) return { kind: "found", address: this.first };
    try {
      return await this.read(await this.ask(failed));
    } catch {
      return { kind: "away" };
    }
  }

  private ask(failed: string | null): Promise<Response> {
    return this.fetch(this.addressUrl, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrfToken },
      body: JSON.stringify(failed === null ? {} : { failed }),
    });
  }

  private async read(response: Response): Promise<AddressAnswer> {
    const ending = ENDINGS[response.status];
    if (ending !== undefined) {
      return { kind: "ended", meaning: closeMeaning(ending), detail: await detailOf(response, ending) };
    }
    if (!response.ok) return { kind: "away" };
    const { socket_url: url, server } = (await response.json()) as { socket_url?: unknown; server?: unknown };
    if (typeof url !== "string") return { kind: "away" };
    return { kind: "found", address: { url: this.socketAt(url), server: typeof server === "string" ? server : "" } };
  }

  private socketAt(address: string): string {
    const url = new URL(address, this.page);
    url.protocol = url.protocol.replace("http", "ws");
    return url.href;
  }
}

/** Only a session that ended says why; the others must not tell a missing from a forbidden one. */
async function detailOf(response: Response, ending: number): Promise<string> {
  if (ending !== 4408) return "";
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
  return typeof detail === "string" ? detail : "";
}
