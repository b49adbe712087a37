/** The images may be known before a panel is there to be told. */

import type { Workspace } from "../state/workspace";

export function whenDescribed(workspace: Workspace, fill: () => void): void {
  if (workspace.meta) fill();
  workspace.on("described", fill);
}
