/** One shortcut for every page: `/` goes to the search box. */

const TYPING = "input, textarea, select, [contenteditable]";

export function setUpShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}
