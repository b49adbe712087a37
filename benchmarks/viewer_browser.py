"""One Chromium for a whole run, so that its caches are warm, and visits of pages in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.devtools import DevTools, Tab, devtools

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
SLICE_PIXELS = 512 * 512


class Chromium:
    """Opens pages that note what happens on them."""

    def __init__(self, tools: DevTools) -> None:
        self._tools = tools
        self._script = (HERE / "viewer_watch.js").read_text()

    @property
    def version(self) -> str:
        """Which Chromium it is."""
        return str(self._tools.call("Browser.getVersion")["product"]).rpartition("/")[2]

    def sign_in(self, cookie: tuple[str, str]) -> None:
        """Take a session cookie for every port of this machine."""
        name, value = cookie
        given = {"name": name, "value": value, "url": "http://127.0.0.1"}
        self._tools.call("Storage.setCookies", {"cookies": [given]})

    @contextmanager
    def visit(self, url: str, **options: bool) -> Iterator["Visit"]:
        """Open an address in a page of its own; ``options`` are those of viewer_watch.js."""
        given = json.dumps({**options, "slicePixels": SLICE_PIXELS})
        script = f"window.benchmarkOptions = {given};\n{self._script}"
        tab = self._tools.open_tab(**SIZE, script=script)
        try:
            tab.goto(url)
            yield Visit(tab, url)
        finally:
            tab.close()


class Visit:
    """A page and what is asked of it."""

    def __init__(self, tab: Tab, url: str) -> None:
        self.tab = tab
        self._url = url

    def ask(self, what: str, *given: Any) -> Any:
        """Call a function of `window.benchmark` and wait for what it finds."""
        try:
            return self.tab.evaluate(f"window.benchmark.{what}(...{json.dumps(given)})")
        except RuntimeError as error:
            raise RuntimeError(
                f"{what}{given} on {self._url}: {error} {self.tab.errors}"
            ) from error


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Run a Chromium."""
    with devtools(profile) as tools:
        yield Chromium(tools)
