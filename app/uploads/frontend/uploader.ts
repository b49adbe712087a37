/** Entry: turns every `[data-uploader]` on the page into a resumable upload control. */
import "./uploader.css";
import { Control } from "./control";
import { Memory, type Store } from "./memory";
import { offerPreview } from "./preview/offer";

/** Where the browser allows no storage, uploads work but do not go on after a reload. */
function storage(): Store {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

const memory = new Memory(storage());

function mount(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>("[data-uploader]:not([data-state])")) {
    offerPreview(place, new Control(place, memory));
  }
}

mount(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof HTMLElement) mount(event.target);
});

// A file dropped beside the target would replace the page, and with it what is being sent.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => {
    event.preventDefault();
  });
}

window.addEventListener("pagehide", () => {
  memory.flush();
});

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector('[data-uploader][data-state="busy"]')) event.preventDefault();
});
