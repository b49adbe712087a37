/** What is known of the image in the active pane. Nothing here names a person, a place or a date. */

import { axisDirection, orientationLabel } from "../core/geometry";
import type { LayerMeta, Vec3 } from "../core/meta";
import { isOriented } from "../core/oriented";
import { formatValue } from "../core/window-level";
import type { Pane, Workspace } from "../state/workspace";
import { whenDescribed } from "./described";
import { element } from "./element";
import { sizeText } from "./readouts";
import { orientationName } from "./words";

type Fact = readonly [name: string, value: string];

export function informationPanel(workspace: Workspace): HTMLElement {
  const list = element("dl", { class: "hv-facts" });
  let shown = "";
  const show = (): void => {
    const facts = factsOf(workspace.active);
    const text = JSON.stringify(facts);
    if (text === shown) return;
    shown = text;
    list.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  };
  whenDescribed(workspace, show);
  workspace.on("change", show);
  return list;
}

function factsOf(pane: Pane): readonly Fact[] {
  const meta = pane.layer?.meta;
  if (!meta) return [["Image", "This pane is empty."]];
  return [...imageFacts(meta), ...geometryFacts(meta), ...viewFacts(pane, meta)].filter(([, value]) => value);
}

function imageFacts(meta: LayerMeta): Fact[] {
  return [
    ["Modality", meta.modality],
    ["Size", `${sizeText(meta)} voxels`],
    ["Time points", meta.timepoints > 1 ? String(meta.timepoints) : ""],
    ["Type", meta.components > 1 ? `${meta.type}, ${meta.components} components` : meta.type],
    ["Values", meta.range ? `${formatValue(meta.range[0])} to ${formatValue(meta.range[1])} ${meta.unit}`.trim() : ""],
  ];
}

function geometryFacts(meta: LayerMeta): Fact[] {
  const volume = meta.size[2] > 1;
  const numbers = (values: Vec3): string => values.slice(0, volume ? 3 : 2).map((value) => trimmed(value)).join(" × ");
  const extent = meta.size.map((count, axis) => count * (meta.spacing[axis] ?? 1)) as unknown as Vec3;
  const oriented = isOriented(meta);
  return [
    ["Spacing", `${numbers(meta.spacing)} mm`],
    ["Extent", `${numbers(extent)} mm`],
    ["Rows run to", oriented ? orientationLabel(axisDirection(meta, 0)) : ""],
    ["Columns run to", oriented ? orientationLabel(axisDirection(meta, 1)) : ""],
    ["Slices run to", oriented && volume ? orientationLabel(axisDirection(meta, 2)) : ""],
    ["First voxel (LPS)", oriented ? `${meta.origin.map((value) => trimmed(value)).join(", ")} mm` : ""],
  ];
}

function viewFacts(pane: Pane, meta: LayerMeta): Fact[] {
  const { state } = pane;
  const { width, center } = state.window;
  return [
    ["Shown", state.orientation === "stored" ? "Slices as stored" : `${orientationName(state.orientation)} plane`],
    ["Slice", pane.count > 1 ? `${pane.index + 1} of ${pane.count}` : ""],
    ["Window", meta.components >= 3 ? "" : `Width ${formatValue(trim(width))}, level ${formatValue(trim(center))}`],
  ];
}

function trim(value: number): number {
  return Number(value.toPrecision(6));
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(3))).replace("-", "−");
}
