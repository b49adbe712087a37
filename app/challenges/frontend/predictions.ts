/** Entry: says beside the upload control whether the phase takes the file that was chosen. */
import { pkOf, type Item } from "../../uploads/frontend/types";
import { faultAtOnce, inWords, type Fault, type Wanted } from "./check";

interface Answer {
  fits: boolean;
  faults: Fault[];
}

type Shown = "nothing" | "checking" | "fits" | "faults" | "unknown";

class Check {
  private readonly place: HTMLElement;
  private readonly wanted: Wanted;
  /** What was looked at last: a file on its way, or its upload. */
  private looked = "";

  constructor(place: HTMLElement) {
    this.place = place;
    this.wanted = {
      form: place.dataset["form"] === "CSV" ? "CSV" : "JSON",
      mostBytes: Number(place.dataset["most"]),
    };
  }

  look(items: readonly Item[]): void {
    const item = items.at(-1);
    const key = item ? `${item.id} ${pkOf(item)}` : "";
    if (key === this.looked) return;
    this.looked = key;
    if (!item) this.show("nothing");
    else void this.judge(item, key);
  }

  private async judge(item: Item, key: string): Promise<void> {
    this.show("checking");
    try {
      const pk = pkOf(item);
      const faults = pk ? await this.ask(pk) : await this.lookHere(item);
      if (key !== this.looked) return; // another file was chosen meanwhile
      if (faults.length > 0) this.show("faults", faults);
      else this.show(pk ? "fits" : "checking");
    } catch {
      if (key === this.looked) this.show("unknown");
    }
  }

  private async lookHere(item: Item): Promise<string[]> {
    const { data } = item;
    if (!(data instanceof Blob)) return [];
    const text = (): Promise<string> => data.text();
    const fault = await faultAtOnce({ name: item.name, size: data.size, text }, this.wanted);
    return fault ? [fault] : [];
  }

  private async ask(pk: string): Promise<string[]> {
    const token = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
    const answer = await fetch(this.place.dataset["check"] ?? "", {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": token?.value ?? "",
      },
      body: JSON.stringify({ user_upload: pk }),
    });
    if (!answer.ok) throw new Error(`The portal answered ${String(answer.status)}.`);
    return ((await answer.json()) as Answer).faults.map(inWords);
  }

  private show(shown: Shown, faults: readonly string[] = []): void {
    this.place.dataset["shown"] = shown;
    for (const part of this.place.querySelectorAll<HTMLElement>("[data-when]")) {
      part.hidden = part.dataset["when"] !== shown;
    }
    this.place.querySelector("[data-faults]")?.replaceChildren(
      ...faults.map((line) => {
        const row = document.createElement("li");
        row.textContent = line; // never HTML: names come from outside
        return row;
      }),
    );
  }
}

for (const place of document.querySelectorAll<HTMLElement>("[data-predictions]")) {
  const check = new Check(place);
  place.closest("form")?.addEventListener("uploader:change", (event) => {
    check.look((event as CustomEvent<{ items: readonly Item[] }>).detail.items);
  }, true); // from above: the control's own event does not rise
}
