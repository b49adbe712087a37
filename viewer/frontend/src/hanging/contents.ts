/** What lies in a viewport: sockets of the cases, a picture and what lies over it. */

import { check, make } from "./dom";

export type Contents = Readonly<Record<string, readonly string[]>>;

export interface ContentSocket {
  readonly slug: string;
  readonly title: string;
  readonly kind: string;
}

const PICTURES = ["IMG", "DCIS"];

/** `contents` without an entry for a viewport leaves it to the site, which deals images out in order. */
export function viewportContents(
  name: string,
  contents: Contents,
  sockets: readonly ContentSocket[],
  change: (contents: Contents) => void,
): HTMLElement {
  const here = contents[name] ?? [];
  const known = new Set(sockets.map(({ slug }) => slug));
  const lines = [
    ...sockets.map(({ slug, title }) => line(slug, title)),
    ...here.filter((slug) => !known.has(slug)).map((slug) => line(slug, `${slug} (not in these cases)`)),
  ];
  function line(slug: string, title: string): HTMLElement {
    return check(title, here.includes(slug), (on) => { change(withSocket(contents, name, slug, on, sockets)); });
  }
  return make("fieldset", { class: "hang-contents" }, make("legend", {}, `In ${name}`), ...lines);
}

/** Another picture takes the place of the one that is there; pictures come before what lies over them. */
export function withSocket(
  contents: Contents,
  name: string,
  slug: string,
  on: boolean,
  sockets: readonly ContentSocket[],
): Contents {
  const isPicture = (one: string): boolean => PICTURES.includes(sockets.find((socket) => socket.slug === one)?.kind ?? "");
  const before = (contents[name] ?? []).filter((one) => one !== slug && !(on && isPicture(slug) && isPicture(one)));
  const after = on ? (isPicture(slug) ? [slug, ...before] : [...before, slug]) : before;
  const rest = Object.entries(contents).filter(([other]) => other !== name);
  return Object.fromEntries(after.length > 0 ? [...rest, [name, after]] : rest);
}

/** Contents of viewports that there are, after a change of the protocol. */
export function keptContents(contents: Contents, before: readonly string[], after: readonly string[]): Contents {
  const moved = new Map<string, string>();
  if (before.length === after.length) before.forEach((name, index) => { moved.set(name, after[index] as string); });
  const entries = Object.entries(contents).map(([name, slugs]) => [moved.get(name) ?? name, slugs] as const);
  return Object.fromEntries(entries.filter(([name]) => after.includes(name)));
}
