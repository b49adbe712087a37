/** Small makers of the controls of the editor, for the dark viewer and for light pages alike. */

type Child = Node | string;

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function press(text: string, action: () => void, attributes: Readonly<Record<string, string>> = {}): HTMLButtonElement {
  const made = make("button", { type: "button", class: "hang-button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}

export function field(name: string, control: HTMLElement): HTMLLabelElement {
  return make("label", { class: "hang-field" }, make("span", {}, name), control);
}

/** A choice; the empty value stands for nothing. */
export function choice(
  name: string,
  current: string,
  list: readonly (readonly [value: string, text: string])[],
  change: (value: string) => void,
): HTMLLabelElement {
  const select = make("select", {}, ...list.map(([value, text]) => make("option", { value }, text)));
  select.value = current;
  select.addEventListener("change", () => { change(select.value); });
  return field(name, select);
}

/** A number; an empty field is nothing. */
export function number(
  name: string,
  current: number | undefined,
  limits: { readonly min?: number; readonly max?: number; readonly step?: number },
  change: (value: number | undefined) => void,
): HTMLLabelElement {
  const input = make("input", { type: "number" });
  for (const [key, value] of Object.entries(limits)) input.setAttribute(key, String(value));
  input.value = current === undefined ? "" : String(current);
  input.addEventListener("change", () => {
    if (input.value === "") change(undefined);
    else if (input.validity.valid) change(input.valueAsNumber);
    else input.reportValidity();
  });
  return field(name, input);
}

export function text(name: string, current: string, pattern: string, change: (value: string) => void): HTMLLabelElement {
  const input = make("input", { type: "text", maxlength: "60", pattern });
  input.value = current;
  input.addEventListener("change", () => {
    if (input.validity.valid) change(input.value);
    else input.reportValidity();
  });
  return field(name, input);
}

export function check(name: string, current: boolean, change: (checked: boolean) => void): HTMLLabelElement {
  const box = make("input", { type: "checkbox" });
  box.checked = current;
  box.addEventListener("change", () => { change(box.checked); });
  return make("label", { class: "hang-check" }, box, make("span", {}, name));
}
