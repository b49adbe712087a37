/** Uppy's dashboard in the portal's words and as a plain list. */
import Dashboard, { type DashboardOptions } from "@uppy/dashboard";

import { acceptedText } from "./files";
import type { SteadyUppy } from "./steady";
import type { Arrived, UploadMeta } from "./types";

const LIST_WIDTH = 576; // Uppy shows a grid of large pictures above this, and a list up to it
const HEIGHT = { empty: 188, list: 384 };

type Options = DashboardOptions<UploadMeta, Arrived>;

/** A list at every width: medical images have no pictures to show here. */
export class ListDashboard extends Dashboard<UploadMeta, Arrived> {
  override setPluginState(update?: Parameters<Dashboard<UploadMeta, Arrived>["setPluginState"]>[0]): void {
    const width = update?.containerWidth;
    const isWide = typeof width === "number" && width > LIST_WIDTH;
    super.setPluginState(isWide ? { ...update, containerWidth: LIST_WIDTH } : update);
  }
}

/** What `[data-uploader]` says about itself. */
export interface Place {
  target: HTMLElement;
  accept: string;
  isMultiple: boolean;
  takesFolders: boolean;
  note: string;
  label: string;
}

export function showDashboard(uppy: SteadyUppy, place: Place): void {
  let before = 0;
  uppy.use(ListDashboard, {
    target: place.target,
    inline: true,
    width: "100%",
    height: "100%",
    theme: "light", // the style sheet takes all colors from the portal's tokens, dark ones too
    proudlyDisplayPoweredByUppy: false,
    disableThumbnailGenerator: true,
    showRemoveButtonAfterComplete: true,
    hideUploadButton: true,
    singleFileFullScreen: false,
    fileManagerSelectionType: place.takesFolders ? "both" : "files",
    note: place.note || acceptedText(place.accept) || null,
    doneButtonHandler: null, // removing all by a key that was meant for one file would be too easy
    onDragOver: () => {
      before = uppy.offered;
    },
    onDrop: () => {
      if (uppy.offered === before) uppy.info("There are no files in that.", "error");
    },
    locale: { strings: wordsFor(place) } as NonNullable<Options["locale"]>,
  } as Options);
}

/** Make room for the list when there is one. */
export function fitHeight(target: HTMLElement, files: number): void {
  target.style.height = `${String(files === 0 ? HEIGHT.empty : HEIGHT.list)}px`;
}

function wordsFor(place: Place): Record<string, unknown> {
  const what = place.isMultiple ? "files" : "a file";
  const drop = `Drop ${what} here, or %{browseFiles}`;
  const both = `Drop ${what} or folders here, or %{browseFiles} %{browseFolders}`;
  return {
    dashboardTitle: place.label,
    dropPasteFiles: drop,
    dropPasteBoth: both,
    dropHint: `Drop ${what} here`,
    browseFiles: place.isMultiple ? "Choose files" : "Choose a file",
    browseFolders: "Choose a folder",
    addMore: "Add more",
    addMoreFiles: "Add more files",
    addingMoreFiles: "Adding more files",
    cancel: "Remove all",
    back: "Back to the list",
    removeFile: "Remove %{file}",
    pauseUpload: "Pause this file",
    resumeUpload: "Go on with this file",
    retryUpload: "Try again",
    cancelUpload: "Cancel this file",
    uploadComplete: "Uploaded",
    uploadPaused: "Paused",
    uploadFailed: "Some files could not be uploaded",
    error: "Some files could not be uploaded",
    complete: "Uploaded",
    paused: "Paused",
    pause: "Pause",
    resume: "Go on",
    retry: "Try again",
    xFilesSelected: { 0: "%{smart_count} file", 1: "%{smart_count} files" },
    showErrorDetails: "Show what went wrong",
    dataUploadedOfTotal: "%{complete} of %{total}",
    xTimeLeft: "%{time} left",
  };
}
