/** The part of the layout menu that is about hanging protocols. */

import type { Desk } from "./desk";
import { button, element } from "./element";
import * as icons from "./icons";
import { type Menu, choices } from "./popover";

export function hangingContent(desk: Desk, own: Menu): Node[] {
  const { workspace, memory } = desk;
  const { protocols, viewing } = workspace.arrangement;
  const parts: Node[] = [];
  if (protocols.length > 0) {
    parts.push(
      choices({
        legend: "Hanging protocol",
        list: protocols.map(({ pk, title }, index) => ({ value: pk, name: title, detail: index === 0 ? "usual" : "" })),
        current: workspace.state.hanging?.protocol ?? null,
        choose: (chosen) => {
          const protocol = protocols.find(({ pk }) => pk === chosen);
          if (protocol) workspace.hang(protocol);
        },
        done: () => { own.close(true); },
      }),
    );
  }
  const lines: Node[] = [];
  if (memory) {
    const label = protocols.length > 0 ? "As the hanging protocol says" : "As cases usually open";
    lines.push(
      button({
        label,
        text: label,
        icon: icons.reset,
        onClick: () => {
          memory.forget();
          own.close(true);
        },
      }),
    );
  }
  if (viewing?.may_change) {
    lines.push(
      button({
        label: "Change how all cases hang …",
        text: "Change how all cases hang …",
        icon: icons.layout,
        onClick: () => {
          own.close();
          desk.togglePanel("hanging");
        },
      }),
    );
  }
  return lines.length > 0 ? [...parts, element("div", { class: "hv-menu-part hv-context" }, ...lines)] : parts;
}
