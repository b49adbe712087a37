"""One Chromium for a whole run, so that its caches are warm, and visits of pages in it."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.chromium import CHROMIUM_ARGUMENTS

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
SLICE_PIXELS = 512 * 512


class Chromium:
    """Opens pages that note what happens on them."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._script = (HERE / "viewer_watch.js").read_text()

    @property
    def version(self) -> str:
        """Which Chromium it is."""
        return str(self._context.browser.version) if self._context.browser else _version()

    def sign_in(self, cookie: tuple[str, str]) -> None:
        """Take a session cookie for every port of this machine."""
        name, value = cookie
        self._context.add_cookies([{"name": name, "value": value, "url": "http://127.0.0.1"}])

    @contextmanager
    def visit(self, url: str, **options: bool) -> Iterator["Visit"]:
        """Open an address in a page of its own; ``options`` are those of viewer_watch.js."""
        page = self._context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)[:300]))
        given = json.dumps({**options, "slicePixels": SLICE_PIXELS})
        page.add_init_script(f"window.benchmarkOptions = {given};\n{self._script}")
        try:
            page.goto(url, wait_until="commit")
            yield Visit(page, errors)
        finally:
            page.close()


class Visit:
    """A page and what is asked of it."""

    def __init__(self, page: Page, errors: list[str]) -> None:
        self.page = page
        self.errors = errors

    def ask(self, what: str, *given: Any) -> Any:
        """Call a function of `window.benchmark` and wait for what it finds."""
        try:
            return self.page.evaluate(f"given => window.benchmark.{what}(...given)", list(given))
        except Exception as error:
            raise RuntimeError(
                f"{what}{given} on {self.page.url}: {error} {self.errors}"
            ) from error

    def look(self, path: Path) -> None:
        """Keep a picture of the page."""
        self.page.screenshot(path=path)


@contextmanager
def chromium(profile: Path, *, arguments: Sequence[str] = ()) -> Iterator[Chromium]:
    """Run the machine's Chromium with a profile on disk: one in private mode caches less."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=_program(),
            args=[*CHROMIUM_ARGUMENTS, *arguments],
            viewport=SIZE,
        )
        try:
            yield Chromium(context)
        finally:
            context.close()


def _program() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise RuntimeError("There is no Chromium: apt-get install chromium")
    return found


def _version() -> str:
    import subprocess

    said = subprocess.run([_program(), "--version"], capture_output=True, text=True, check=False)
    return said.stdout.strip()
