/** Loading, preparing and error states in plain words, and short notices. */

import type { CloseMeaning } from "../core/close-codes";
import type { Status, Viewer } from "../state/viewer";
import { button, element } from "./element";
import * as icons from "./icons";

/** A lost connection is only mentioned in the middle of the stage when nothing can be shown without it. */
const PATIENT_ATTEMPTS = 2;
const NOTICE_FOR = 12_000;

export function messagePanel(viewer: Viewer, options: { usable: boolean }): HTMLElement {
  const root = element("div", { class: "hv-message", role: "alert", hidden: "" });
  const show = (status: Status): void => {
    const content = options.usable ? contentOf(status, viewer.meta !== null) : NO_GRAPHICS;
    root.hidden = content === null;
    root.classList.toggle("hv-message-wait", content?.busy === true);
    root.replaceChildren(...(content ? build(content) : []));
  };
  viewer.on("status", show);
  show(viewer.status);
  return root;
}

/** A dot beside the slice count while reconnecting: there for who looks for it, no alarm. */
export function connectionSign(viewer: Viewer): HTMLElement {
  const sign = element("div", { class: "hv-offline", role: "status", hidden: "" }, "Connecting again …");
  viewer.on("status", ({ kind }) => { sign.hidden = kind !== "retrying" || viewer.meta === null; });
  return sign;
}

export function noticePanel(viewer: Viewer): HTMLElement {
  const root = element("div", { class: "hv-notices", role: "status" });
  viewer.on("notice", (text) => {
    const dismiss = button({ label: "Dismiss", icon: icons.close, onClick: () => { notice.remove(); } });
    const notice = element("div", { class: "hv-notice" }, element("span", {}, text), dismiss);
    root.append(notice);
    window.setTimeout(() => { notice.remove(); }, NOTICE_FOR);
  });
  return root;
}

interface Content {
  readonly title: string;
  readonly text: string;
  readonly busy?: boolean;
  readonly reload?: string | undefined;
}

const NO_GRAPHICS: Content = {
  title: "This browser cannot draw the images",
  text: "The viewer needs WebGL 2. Update the browser, or turn on hardware acceleration in its settings.",
};

function contentOf(status: Status, described: boolean): Content | null {
  switch (status.kind) {
    case "connecting":
      return described ? null : { title: "Opening the image", text: "", busy: true };
    case "preparing":
      return {
        title: "Preparing this image for viewing",
        text: status.text || "This is done once; it takes a moment for large images.",
        busy: true,
      };
    case "retrying":
      return described ? null : waiting(status.attempt, status.meaning);
    case "closed":
      return { ...status.meaning, text: status.detail || status.meaning.text };
    case "open":
      return null;
  }
}

function waiting(attempt: number, meaning: CloseMeaning): Content {
  if (attempt <= PATIENT_ATTEMPTS) return { title: "Opening the image", text: "", busy: true };
  return { title: "The server cannot be reached", text: meaning.text, busy: true };
}

function build({ title, text, busy, reload }: Content): Node[] {
  const nodes: Node[] = [element("h2", {}, title)];
  if (busy) nodes.unshift(element("div", { class: "hv-spinner", "aria-hidden": "true" }));
  if (text) nodes.push(element("p", {}, text));
  if (reload) {
    nodes.push(button({ label: reload, text: reload, onClick: () => { window.location.reload(); } }));
  }
  return nodes;
}
