/** htmx: the CSRF header on what changes things, and a word when the server does not answer. */
import htmx from "htmx.org";

import { closest } from "./dom";
import { showToast } from "./toasts";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

const SAFE = new Set(["get", "head", "options"]);

/** The token that Django expects back in the X-CSRFToken header. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

export function setUpHtmx(): void {
  window.htmx = htmx;
  document.addEventListener("htmx:configRequest", (event) => {
    const { verb, headers } = (event as CustomEvent<HtmxRequest>).detail;
    if (!SAFE.has(verb)) headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:sendError", () => {
    showToast({ text: "The portal cannot be reached. Check your connection.", tone: "error" });
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    showToast({ text: messageFor(xhr.status), tone: "error" });
  });
}

interface HtmxRequest {
  verb: string;
  headers: Record<string, string>;
}

function messageFor(status: number): string {
  if (status === 403) return "That was refused. Reload the page and try again.";
  if (status === 404) return "That is no longer here. Reload the page.";
  if (status >= 500) return "The portal could not finish this. Try again in a minute.";
  return "That did not work. Reload the page and try again.";
}

/** A link with `data-marks-read` tells that address that what it is about was opened. */
export function setUpReading(): void {
  document.addEventListener("click", (event) => {
    const address = closest<HTMLElement>(event, "[data-marks-read]")?.dataset["marksRead"];
    if (!address) return;
    const body = new URLSearchParams({ read: "yes" });
    void fetch(address, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken() },
      keepalive: true,
      redirect: "manual",
    }).catch(() => undefined); // the page is opened all the same
  });
}
