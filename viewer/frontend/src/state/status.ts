/** How the session is doing, in the words that panels show. */

import type { CloseMeaning } from "../core/close-codes";
import type { ConnectionStatus } from "../core/connection";

export type Status =
  | { readonly kind: "connecting" }
  | { readonly kind: "preparing"; readonly text: string }
  | { readonly kind: "open" }
  | { readonly kind: "retrying"; readonly attempt: number; readonly meaning: CloseMeaning }
  | { readonly kind: "closed"; readonly meaning: CloseMeaning; readonly detail: string };

/** A socket that is open before the images are known is still connecting for the reader. */
export function statusOf(connection: ConnectionStatus, described: boolean): Status {
  return connection.kind === "open" && !described ? { kind: "connecting" } : connection;
}
