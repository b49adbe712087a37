/** Elements with text; never HTML, since everything that is shown comes out of files. */
export function element(
  tag: string,
  css: string,
  text = "",
  children: readonly Node[] = [],
): HTMLElement {
  const made = document.createElement(tag);
  if (css) made.className = css;
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}
