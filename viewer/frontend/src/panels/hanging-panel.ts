/** The panel in which an editor changes how all cases hang; the panes follow every change at once. */

import type { HungProtocol, Viewing } from "../core/arrangement";
import { type Protocol, gridProtocol } from "../core/hanging";
import { SiteError, askSite } from "../core/site";
import type { Contents } from "../hanging/contents";
import { HangingEditor } from "../hanging/editor";
import type { Workspace } from "../state/workspace";
import { button, element } from "./element";

const NEW: HungProtocol = { pk: "", title: "", json: [], contents: {} };

/** Null for readers, who do not say how cases hang for others. */
export function hangingPanel(workspace: Workspace): HTMLElement | null {
  const { viewing } = workspace.arrangement;
  return viewing?.may_change ? new HangingPanel(workspace, viewing).root : null;
}

class HangingPanel {
  readonly root = element("div", { class: "hv-hanging" });
  private readonly workspace: Workspace;
  private readonly viewing: Viewing;
  private readonly title = element("input", { type: "text", maxlength: "200", class: "hv-text", "aria-label": "Title of the hanging protocol" });
  private readonly said = element("p", { class: "hv-hint", role: "status" });
  private readonly save = button({ label: "Save", text: "Save", onClick: () => { void this.store(false); } });
  private readonly editor: HangingEditor;
  private begun: HungProtocol;
  private protocol: Protocol;
  private contents: Contents;
  private shown = false;

  constructor(workspace: Workspace, viewing: Viewing) {
    this.workspace = workspace;
    this.viewing = viewing;
    this.begun = workspace.arrangement.protocols[0] ?? NEW;
    const { rows, columns } = workspace.state.layout;
    this.protocol = this.begun.json.length > 0 ? this.begun.json : gridProtocol(rows, columns);
    this.contents = viewing.content;
    this.title.value = this.begun.title;
    this.editor = new HangingEditor({
      protocol: this.protocol,
      contents: this.contents,
      sockets: workspace.arrangement.sockets,
      change: (protocol, contents) => { this.preview(protocol, contents ?? {}); },
    });
    const asNew = button({ label: "Save as a new one", text: "Save as a new one", onClick: () => { void this.store(true); } });
    const discard = button({ label: "Discard", text: "Discard", onClick: () => { this.discard(); } });
    this.save.disabled = this.begun.pk === "";
    this.root.append(
      element("p", { class: "hv-hint" }, `How all cases of “${viewing.title}” hang. The panes follow at once; others see it when it is saved.`),
      element("label", { class: "hv-field" }, element("span", {}, "Title"), this.title),
      this.editor.root,
      element("div", { class: "hv-context" }, this.save, asNew, discard),
      this.said,
    );
  }

  private preview(protocol: Protocol, contents: Contents): void {
    this.protocol = protocol;
    this.contents = contents;
    this.shown = true;
    this.said.textContent = "Not saved yet.";
    this.workspace.hang({ pk: "", title: this.title.value, json: protocol, contents: this.shownContents() });
  }

  private shownContents(): Contents {
    return Object.keys(this.contents).length === 0 ? this.dealt(this.protocol) : this.contents;
  }

  /** What the site dealt out for this case, by the order of the viewports; it deals anew when it is saved. */
  private dealt(protocol: Protocol): Contents {
    const before = Object.values(this.begun.contents);
    const images = this.workspace.arrangement.sockets.filter(({ kind }) => kind === "IMG" || kind === "DCIS");
    const overlays = this.workspace.arrangement.sockets.filter(({ kind }) => kind === "SEG" || kind === "HMAP").map(({ slug }) => slug);
    return Object.fromEntries(
      protocol.map(({ viewport_name: name }, index) => {
        const image = images[index] ?? (images.length === 1 ? images[0] : undefined);
        const own = this.begun.contents[name] ?? (image ? [image.slug, ...overlays] : before[index]);
        return [name, own ?? []];
      }),
    );
  }

  private async store(asNew: boolean): Promise<void> {
    const title = this.title.value.trim();
    if (asNew && (title === "" || title === this.begun.title)) {
      this.said.textContent = "Give the new hanging protocol a title of its own.";
      this.title.focus();
      return;
    }
    this.said.textContent = "Saving …";
    try {
      const pk = asNew ? await this.made(title) : this.begun.pk;
      const change = { hanging_protocol: pk, view_content: this.contents };
      await askSite(this.viewing.url, "PATCH", asNew ? change : { ...change, viewports: this.protocol });
      this.begun = { pk, title, json: this.protocol, contents: this.shownContents() };
      this.workspace.adopt(this.begun);
      this.save.disabled = false;
      this.said.textContent = "Saved. Cases open this way from now on.";
    } catch (error) {
      this.said.textContent = error instanceof SiteError ? error.message : "That did not work.";
    }
  }

  private async made(title: string): Promise<string> {
    const answer = (await askSite(this.viewing.protocols_url, "POST", { title, json: this.protocol })) as { pk?: unknown };
    if (typeof answer.pk !== "string") throw new SiteError(200, "The site did not say what it made.");
    return answer.pk;
  }

  private discard(): void {
    const first = this.begun.json.length > 0 ? this.begun : this.workspace.arrangement.protocols[0];
    this.contents = this.viewing.content;
    this.protocol = first?.json ?? this.protocol;
    this.title.value = first?.title ?? "";
    this.editor.set(this.protocol, this.contents);
    if (this.shown && first) this.workspace.hang(first);
    else if (this.shown) this.workspace.setLayout({ rows: 1, columns: 1 });
    this.shown = false;
    this.said.textContent = "";
  }
}
