/**
 * What the panel beside the picture and the viewer tell each other, as events of the page's window.
 *
 * The panel belongs to another application (the questions of a reader study) and comes and goes with its own request;
 * neither side imports the other. Values are those of the socket kinds (`docs/schemas/`): LPS millimetres.
 *
 * 1. The viewer says `hounsfield:tools` when it can draw, and again in answer to every `hounsfield:hello`.
 * 2. The panel answers with `hounsfield:annotations`: all that belong to its questions, also those drawn before. The
 *    list replaces the one before; the viewer draws what is not locked as editable. The panel stores them: the viewer
 *    keeps them out of its own autosave.
 * 3. `hounsfield:draw` makes the tool of a question the active one. Each object that is drawn, edited, deleted, undone
 *    or redone is told by `hounsfield:drawn` with the question's whole value; `hounsfield:drawing` says whose tool is active.
 */

/** A label of a mask. */
export interface AskedSegment {
  readonly voxel_value: number;
  readonly name: string;
  readonly visible: boolean;
  readonly color?: string;
}

/** An annotation that answers a question. */
export interface AskedAnnotation {
  /** The question's id. */
  readonly key: string;
  /** Key of a socket kind with geometry (`DIST`, `MPOI`, …), or `MASK`. */
  readonly kind: string;
  /** The question's words. */
  readonly label: string;
  /** `#rrggbb`; empty: the viewer chooses. */
  readonly color: string;
  /** Name of the viewport in which it is to be drawn; empty: wherever. */
  readonly viewport: string;
  /** The value so far, or an editable start; a mask is a `MaskValue`. */
  readonly value: unknown;
  /** To be looked at only. */
  readonly locked: boolean;
  /** Of a mask; empty: one segment of value 1. */
  readonly segments: readonly AskedSegment[];
}

/** A mask by the image that holds it, or by its draft in the annotations API while it is being drawn. */
export interface MaskValue {
  readonly image?: string;
  readonly mask?: string;
}

export type DrawnHow = "drawn" | "edited" | "deleted" | "undone" | "redone";

/** What the panel says. */
export interface PanelMessages {
  /** The panel is there: who can draw, say so. */
  "hounsfield:hello": Record<string, never>;
  "hounsfield:annotations": { readonly annotations: readonly AskedAnnotation[] };
  /** Activates the tool of a question; a pane that shows its viewport's image becomes the active one. */
  "hounsfield:draw": { readonly key: string };
  /** Gives the tool from before back. */
  "hounsfield:stop": { readonly key: string };
  /** Shows an annotation: the slice, the pane; `index` is the place in a value of many. */
  "hounsfield:jump": { readonly key: string; readonly index: number };
  /** Deletes an annotation, or one object of many; told by `hounsfield:drawn` and undone like any other change. */
  "hounsfield:erase": { readonly key: string; readonly index: number | null };
  /** Gives the keyboard to the picture. */
  "hounsfield:picture": Record<string, never>;
}

/** What the viewer says. */
export interface ViewerMessages {
  /** Keys of the kinds that it can draw. */
  "hounsfield:tools": { readonly kinds: readonly string[] };
  /** The whole value of a question's annotation; null when nothing is left of it. */
  "hounsfield:drawn": { readonly key: string; readonly value: unknown; readonly how: DrawnHow };
  "hounsfield:drawing": { readonly key: string | null };
  /** A drawing that answers by its place on the site is on its way there; `drawn` is told before it no longer is. */
  "hounsfield:saving": { readonly key: string; readonly saving: boolean };
  /** Why something asked for cannot be drawn, in a sentence. */
  "hounsfield:refused": { readonly key: string; readonly reason: string };
  /** The reader wants the keyboard back in the panel, at this question. */
  "hounsfield:panel": { readonly key: string | null };
}

export type Messages = PanelMessages & ViewerMessages;

export function tell<Name extends keyof Messages>(name: Name, detail: Messages[Name], target: EventTarget = window): void {
  target.dispatchEvent(new CustomEvent(name, { detail }));
}

/** Listens until the returned function is called. */
export function hear<Name extends keyof Messages>(
  name: Name, listener: (detail: Messages[Name]) => void, target: EventTarget = window,
): () => void {
  const heard = (event: Event): void => { listener((event as CustomEvent<Messages[Name]>).detail); };
  target.addEventListener(name, heard);
  return () => { target.removeEventListener(name, heard); };
}
