/** What panels share: the workspace, and what one part asks of another. */

import type { LayoutMemory } from "../state/memory";
import type { Pane, Workspace } from "../state/workspace";

export type MenuName = "layout" | "window" | "colors" | "turn" | "slab" | "links" | "mouse" | "cine" | "draw";
export type PanelName = "overlays" | "information" | "annotations" | "masks" | "hanging";

export interface Desk {
  readonly workspace: Workspace;
  /** Null where the reader's layout is not remembered. */
  readonly memory: LayoutMemory | null;
  /** `#viewer`: everything of ours is inside. */
  readonly root: HTMLElement;
  /** Gives the keyboard back to the picture of the active pane. */
  refocus(): void;
  openHelp(): void;
  openMenu(name: MenuName): void;
  /** The menu of the active pane that a long press opens, at a point of the page; at the pane's middle without one. */
  openPaneMenu(at?: readonly [x: number, y: number]): void;
  togglePanel(name: PanelName): void;
  toggleImages(): void;
  toggleFullScreen(): void;
  /** Shows what could not be saved and waits for a decision, if there is anything. */
  openConflicts(): void;
  /** Whether a key of the picture was about annotations. */
  takeMarkKey(key: string, pane: Pane): boolean;
}
