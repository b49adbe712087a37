/** One stop of the Tab key for a whole toolbar; arrows go on from there (WAI-ARIA toolbar pattern). */

export function rove(bar: HTMLElement): void {
  const controls = (): HTMLElement[] => [...bar.querySelectorAll<HTMLElement>("button, select, input")].filter(visible);
  const stopAt = (control: HTMLElement | undefined): void => {
    if (!control) return;
    for (const other of bar.querySelectorAll<HTMLElement>("button, select, input")) other.tabIndex = other === control ? 0 : -1;
  };
  bar.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLElement) stopAt(event.target);
  });
  bar.addEventListener("keydown", (event) => {
    const list = controls();
    const place = list.indexOf(document.activeElement as HTMLElement);
    const next = target(event.key, place, list.length);
    if (next === undefined) return;
    event.preventDefault();
    list[next]?.focus();
    list[next]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  // The control that was the stop may be hidden by now: another one takes its place.
  new MutationObserver(() => {
    const list = controls();
    if (!list.some(({ tabIndex }) => tabIndex === 0)) stopAt(list[0]);
  }).observe(bar, { attributes: true, attributeFilter: ["hidden", "disabled"], subtree: true });
  stopAt(controls()[0] ?? bar.querySelector<HTMLElement>("button") ?? undefined);
}

function visible(control: HTMLElement): boolean {
  return control.closest("[hidden]") === null && !control.matches(":disabled");
}

function target(key: string, place: number, count: number): number | undefined {
  if (place < 0) return undefined;
  if (key === "ArrowRight") return (place + 1) % count;
  if (key === "ArrowLeft") return (place - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return undefined;
}
