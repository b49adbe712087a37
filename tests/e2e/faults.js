/* What is wrong with the page as it stands; returns sentences. Called by test_pages. */
() => {
  const faults = [];
  const shown = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    !element.closest(".sr-only, .skip-link, [inert]");
  const named = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const words = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim();
    return `<${element.localName}${id}> “${words.replace(/\s+/g, " ").slice(0, 40)}”`;
  };

  /* The part of an element that no scrolling frame around it cuts away. */
  const visibleBoxes = (element) => {
    let boxes = [...element.getClientRects()];
    for (let frame = element.parentElement; frame; frame = frame.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(frame);
      if (overflowX === "visible" && overflowY === "visible") continue;
      const edge = frame.getBoundingClientRect();
      boxes = boxes.map((box) => {
        const left = Math.max(box.left, edge.left), top = Math.max(box.top, edge.top);
        const right = Math.min(box.right, edge.right), bottom = Math.min(box.bottom, edge.bottom);
        return new DOMRect(left, top, Math.max(0, right - left), Math.max(0, bottom - top));
      });
    }
    return boxes.filter((box) => box.width > 1 && box.height > 1);
  };

  /* 1. Controls over one another. */
  const controls = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter(shown)
    .map((element) => ({ element, boxes: visibleBoxes(element) }));
  const SLACK = 2; // CSS pixels
  const touch = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > SLACK &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > SLACK;
  controls.forEach((one, at) => {
    for (const other of controls.slice(at + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      if (one.boxes.some((a) => other.boxes.some((b) => touch(a, b)))) {
        faults.push(`${named(one.element)} overlaps ${named(other.element)}`);
      }
    }
  });

  /* 2. Sideways scroll, and what sticks out of the window. */
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) faults.push(`scrolls sideways: ${root.scrollWidth} px wide`);
  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element)) continue;
    if (visibleBoxes(element).some((box) => box.right > window.innerWidth + 1 || box.left < -1)) {
      faults.push(`${named(element)} sticks out of the window`);
      break;
    }
  }

  /* 3. Text that a program forgot to turn into words. */
  const text = document.body.innerText;
  const raw = [
    /\{\{|\}\}|\{%|%\}|\{#/, /<(QuerySet|Socket|django|function|class|bound)\b/, /object at 0x/, /__proxy__|functools\.partial/,
    /\[object \w+\]/, /\b(undefined|NaN)\b/, /\d{4}-\d\d-\d\d[T ]\d\d:\d\d/, /\b(SUCCEEDED|QUEUED|EXECUTING|RUNNING_CASES|VALIDATING)\b/,
    /\(0x[0-9a-f]+\)/,
  ];
  for (const pattern of raw) {
    const found = pattern.exec(text);
    if (found) faults.push(`unrendered: …${text.slice(Math.max(0, found.index - 30), found.index + 40).replace(/\s+/g, " ")}…`);
  }
  for (const element of document.body.querySelectorAll("td, dd, dt, th, p, span, strong, li, h1, h2, h3, div, a, option")) {
    if (element.children.length === 0 && /^(None|null|True|False)$/.test(element.textContent.trim())) {
      faults.push(`${named(element)} says ${element.textContent.trim()}`);
    }
  }

  /* 4. Links and buttons that nobody can name or that lead nowhere. */
  for (const element of document.querySelectorAll("a, button, summary")) {
    if (!element.checkVisibility()) continue;
    const words = element.textContent.trim() || element.getAttribute("aria-label") || element.title ||
      element.querySelector("img[alt]:not([alt=''])");
    if (!words) faults.push(`${element.outerHTML.slice(0, 120)} has no name`);
    if (element.localName === "a" && ["", "#", "None"].includes(element.getAttribute("href") ?? "")) {
      faults.push(`${named(element)} leads nowhere`);
    }
  }

  /* 5. Heading, identifiers. */
  const headings = [...document.querySelectorAll("h1")].filter(shown);
  if (headings.length !== 1) faults.push(`${headings.length} visible h1`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length > 0) faults.push(`ids that stand twice: ${twice.join(", ")}`);

  /* 6. Labels of buttons that are cut off. */
  for (const element of document.querySelectorAll("button, a.button, .badge, th, .tab")) {
    if (shown(element) && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== "visible") {
      faults.push(`${named(element)} is cut off`);
    }
  }
  return faults;
}
