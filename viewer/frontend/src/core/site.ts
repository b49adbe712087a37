/** Asking the site's API, with the page's cookie. */

export class SiteError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Sends JSON and returns JSON; null for an empty answer. Throws `SiteError` with words for people. */
export async function askSite(url: string, method: string, body?: unknown, init: RequestInit = {}): Promise<unknown> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...init,
    });
  } catch {
    throw new SiteError(0, "The site cannot be reached. Check the connection and try again.");
  }
  const said: unknown = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new SiteError(answer.status, problemIn(said) || `The site refused it (${answer.status}).`);
  return said;
}

/** The first sentence of a problem: of a field, else of the whole. */
function problemIn(said: unknown): string {
  if (typeof said !== "object" || said === null) return "";
  const { detail, fields } = said as { detail?: unknown; fields?: unknown };
  const first = Object.values((fields ?? said) as Record<string, unknown>).flat().find((one) => typeof one === "string");
  const words = fields && typeof first === "string" ? first : (detail ?? first);
  return typeof words === "string" ? words : "";
}
