/** Loading, preparing and error states in plain words, and short notices. */

import type { CloseMeaning } from "../core/close-codes";
import type { Status, Workspace } from "../state/workspace";
import { button, element } from "./element";
import * as icons from "./icons";

/** A lost connection is only mentioned in the middle when nothing can be shown without it. */
const PATIENT_ATTEMPTS = 2;
const NOTICE_FOR = 12_000;

export function messagePanel(workspace: Workspace): HTMLElement {
  const root = element("div", { class: "hv-message", role: "alert", hidden: "" });
  const show = (): void => {
    const content = workspace.usable ? contentOf(workspace.status, workspace) : NO_GRAPHICS;
    root.hidden = content === null;
    root.classList.toggle("hv-message-wait", content?.busy === true);
    root.replaceChildren(...(content ? build(content) : []));
  };
  workspace.on("status", show);
  workspace.on("described", show);
  show();
  return root;
}

/** A word at the top while the connection comes back: there for who looks for it, no alarm. */
export function connectionSign(workspace: Workspace): HTMLElement {
  const sign = element("div", { class: "hv-offline", role: "status", hidden: "" }, "Connecting again …");
  workspace.on("status", ({ kind }) => { sign.hidden = kind !== "retrying" || workspace.meta === null; });
  return sign;
}

export function noticePanel(workspace: Workspace): HTMLElement {
  const root = element("div", { class: "hv-notices", role: "status" });
  workspace.on("notice", (text) => {
    // The same sentence again is not another thing to read.
    const known = [...root.children].some((notice) => notice.firstElementChild?.textContent === text);
    if (known) return;
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
  text: "The viewer needs WebGL 2. Update the browser, or turn on hardware acceleration in its settings, then reload this page.",
  reload: "Reload",
};

const NO_IMAGES: Content = {
  title: "There is no image to show",
  text: "This case holds no image that the viewer can show. Go back and choose another one.",
};

function contentOf(status: Status, { meta, images }: Workspace): Content | null {
  const described = meta !== null;
  switch (status.kind) {
    case "connecting":
      return described ? null : { title: "Opening the image", text: "", busy: true };
    case "preparing":
      return described ? null : {
        title: "Preparing this image for viewing",
        text: status.text || "This is done once; it takes a moment for large images.",
        busy: true,
      };
    case "retrying":
      return described ? null : waiting(status.attempt, status.meaning);
    case "closed":
      return { ...status.meaning, text: status.detail || status.meaning.text };
    case "open":
      return described && images.length === 0 ? NO_IMAGES : null;
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
  if (reload) nodes.push(button({ label: reload, text: reload, onClick: () => { window.location.reload(); } }));
  return nodes;
}
