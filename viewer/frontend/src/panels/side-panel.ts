/** The column beside the panes (below them on a phone): overlays or information, one at a time. */

import type { PanelName } from "./desk";
import { button, element } from "./element";
import * as icons from "./icons";

export interface PanelContent {
  readonly name: PanelName;
  readonly title: string;
  readonly root: HTMLElement;
}

export interface SidePanel {
  readonly root: HTMLElement;
  readonly shown: PanelName | null;
  show(name: PanelName | null): void;
}

export function sidePanel(contents: readonly PanelContent[], changed: (shown: PanelName | null) => void, refocus: () => void): SidePanel {
  const title = element("h2", { id: "hv-panel-title" });
  const body = element("div", { class: "hv-panel-body", role: "group", "aria-labelledby": "hv-panel-title", tabindex: "0" });
  let shown: PanelName | null = null;
  const show = (name: PanelName | null): void => {
    shown = name;
    const content = contents.find((candidate) => candidate.name === name);
    root.hidden = !content;
    title.textContent = content?.title ?? "";
    body.replaceChildren(...(content ? [content.root] : []));
    changed(name);
  };
  const close = button({
    label: "Close the panel",
    icon: icons.close,
    onClick: () => {
      show(null);
      refocus();
    },
  });
  const root = element(
    "aside",
    { class: "hv-panel", "aria-labelledby": "hv-panel-title", hidden: "" },
    element("div", { class: "hv-panel-head" }, title, close),
    body,
  );
  return {
    root,
    get shown() { return shown; },
    show,
  };
}
