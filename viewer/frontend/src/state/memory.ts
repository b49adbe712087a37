/** Remembers how the reader leaves the screen, for the next case. */

import { askSite } from "../core/site";
import { savedLayout } from "./hanging";
import type { Workspace } from "./workspace";

/** Milliseconds of rest before something is sent. */
const REST = 1500;

export class LayoutMemory {
  private readonly workspace: Workspace;
  private readonly url: string;
  private known: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Null where nothing is to be remembered: a single image, or a reader who does not want it. */
  static of(workspace: Workspace): LayoutMemory | null {
    const { layout_url: url, settings } = workspace.arrangement;
    return url === null || settings["remember_layout"] === false ? null : new LayoutMemory(workspace, url);
  }

  private constructor(workspace: Workspace, url: string) {
    this.workspace = workspace;
    this.url = url;
    workspace.on("described", () => { this.known = this.now(); });
    workspace.on("change", () => { this.wait(); });
    window.addEventListener("pagehide", () => { this.send(true); });
  }

  /** The protocol decides again, from now on and for the next case. */
  forget(): void {
    clearTimeout(this.timer);
    const [first] = this.workspace.arrangement.protocols;
    if (first) this.workspace.hang(first);
    else this.workspace.setLayout({ rows: 1, columns: 1 });
    clearTimeout(this.timer);
    this.known = this.now();
    void askSite(this.url, "DELETE").catch(() => undefined);
  }

  private now(): string {
    const { workspace } = this;
    const offered = workspace.arrangement.protocols[0]?.pk ?? null;
    return JSON.stringify(savedLayout(workspace.state, workspace.hangable, offered));
  }

  private wait(): void {
    if (this.known === null) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.send(false); }, REST);
  }

  /** A layout that could not be kept is no reason to disturb anybody. A draft of the editor has no key: it is not kept. */
  private send(leaving: boolean): void {
    clearTimeout(this.timer);
    const now = this.now();
    if (this.known === null || now === this.known || this.workspace.state.hanging?.protocol === "") return;
    this.known = now;
    void askSite(this.url, "PUT", { layout: JSON.parse(now) as unknown }, { keepalive: leaving }).catch(() => undefined);
  }
}
