/** Annotations for other viewers that stand on Cornerstone3D (OHIF), and from them: a file of their own JSON. */

import { FRAME_OF_REFERENCE } from "../render/metadata";
import { type CornerstoneAnnotation, fromCornerstone, toCornerstone } from "../tools/cornerstone";
import type { Desk } from "./desk";
import { button, element } from "./element";
import * as icons from "./icons";

const FILE = "annotations.cornerstone.json";
/** No file of annotations is larger. */
const MOST_BYTES = 20 * 2 ** 20;

export function exchangePart(desk: Desk): HTMLElement {
  const file = element("input", { type: "file", accept: ".json,application/json", hidden: "", "aria-label": "File of annotations" });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen) void read(desk, chosen);
    file.value = "";
  });
  return element(
    "div",
    { class: "hv-mark-exchange" },
    button({ label: "Save for Cornerstone3D viewers", text: "Save for Cornerstone3D viewers", icon: icons.download, onClick: () => { save(desk); } }),
    button({ label: "Read a file of Cornerstone3D", text: "Read such a file …", onClick: () => { file.click(); } }),
    file,
  );
}

function save({ workspace }: Desk): void {
  const image = workspace.active.layer?.meta.image;
  const own = workspace.annotations.all.filter((each) => each.image === image);
  const list = own.flatMap((each) => toCornerstone(each, FRAME_OF_REFERENCE));
  const url = URL.createObjectURL(new Blob([JSON.stringify(list)], { type: "application/json" }));
  element("a", { href: url, download: FILE }).click();
  URL.revokeObjectURL(url);
}

async function read({ workspace }: Desk, file: File): Promise<void> {
  const image = workspace.active.layer?.meta.image;
  if (!image) return;
  const list = file.size > MOST_BYTES ? null : parsed(await file.text());
  if (!list) {
    workspace.emit("notice", `“${file.name}” is no file of annotations of Cornerstone3D.`);
    return;
  }
  const found = list.map((each) => readOne(each)).filter((each) => each !== null);
  for (const { tool, value, label, frame } of found) workspace.annotations.draw({ tool, image, value, label, frame });
  const left = list.length - found.length;
  if (left > 0) workspace.emit("notice", left === 1 ? "One of the annotations has no counterpart here and was left out." : `${left} of the annotations have no counterpart here and were left out.`);
}

function parsed(text: string): readonly CornerstoneAnnotation[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

/** Whatever is in the file, it is not to stop the others. */
function readOne(each: CornerstoneAnnotation): ReturnType<typeof fromCornerstone> {
  try {
    return fromCornerstone(each);
  } catch {
    return null;
  }
}
