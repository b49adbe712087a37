/** Small makers of DOM elements. Text is always set as text, never as markup. */

type Child = Node | string;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** `svg` is one of our own icon files. */
export function icon(svg: string): Element {
  const holder = document.createElement("span");
  holder.className = "hv-icon";
  holder.setAttribute("aria-hidden", "true");
  holder.innerHTML = svg.slice(svg.indexOf("<svg"));
  return holder;
}

export interface ButtonOptions {
  /** Said by screen readers and shown as a tip. */
  readonly label: string;
  /** Key that does the same, shown in the tip. */
  readonly key?: string;
  readonly icon?: string;
  readonly text?: string;
  readonly onClick: () => void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
  const made = element("button", {
    type: "button",
    class: "hv-button",
    "aria-label": options.label,
    title: options.key ? `${options.label} (${options.key})` : options.label,
  });
  if (options.key) made.setAttribute("aria-keyshortcuts", options.key);
  if (options.icon) made.append(icon(options.icon));
  if (options.text) made.append(element("span", {}, options.text));
  made.addEventListener("click", options.onClick);
  return made;
}

export function setPressed(target: HTMLElement, pressed: boolean): void {
  target.setAttribute("aria-pressed", String(pressed));
}

/** Shows and hides without touching the page when nothing differs. */
export function setHidden(target: HTMLElement, hidden: boolean): void {
  if (target.hidden !== hidden) target.hidden = hidden;
}

/** A group of controls that a screen reader announces by name. */
export function group(label: string, ...children: Child[]): HTMLDivElement {
  return element("div", { class: "hv-group", role: "group", "aria-label": label }, ...children);
}
