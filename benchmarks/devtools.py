"""A Chromium that is spoken to in its own protocol, and as little as can be.

Playwright listens to the network of every page. Each message of a WebSocket then goes through the
browser, a pipe, Node and Python once more, in base64: while a viewer loads 55 MB, that took more
than one of two cores, from ours alone. See https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.chromium import CHROMIUM_ARGUMENTS

_QUIET = (
    "--headless=new",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
    "--password-store=basic",
    "--remote-debugging-port=0",
)
_LONGEST_ANSWER = 256 * 1024 * 1024
_PATIENCE = 30.0


class Tab:
    """One page: what is called on it, and what its scripts complained about."""

    def __init__(self, devtools: "DevTools", target: str, session: str) -> None:
        self._devtools = devtools
        self._target = target
        self._session = session
        self.errors: list[str] = []
        devtools.listeners[session] = self._listen

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """Call a method of the protocol on this page; raises `RuntimeError` for a refusal."""
        return self._devtools.call(method, given, session=self._session)

    def goto(self, url: str) -> None:
        """Go to an address and come back as soon as its page begins."""
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise RuntimeError(f"{url}: {answer['errorText']}")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression gives, or what its promise is kept with."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(_said(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def look(self, path: Path) -> None:
        """Keep a picture of the page."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """Close the page."""
        self._devtools.call("Target.closeTarget", {"targetId": self._target})
        del self._devtools.listeners[self._session]

    def _listen(self, method: str, given: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.errors.append(_said(given["exceptionDetails"])[:300])


class DevTools:
    """The connection to a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.listeners: dict[str, Callable[[str, dict[str, Any]], None]] = {}

    def call(
        self, method: str, given: dict[str, Any] | None = None, *, session: str = ""
    ) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given or {}}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            found = json.loads(self._socket.recv())
            if found.get("id") == number:
                break
            listener = self.listeners.get(found.get("sessionId", ""))
            if listener and "method" in found:
                listener(found["method"], found["params"])
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']['message']}")
        answer: dict[str, Any] = found["result"]
        return answer

    def open_tab(self, *, width: int, height: int, script: str) -> Tab:
        """Open an empty page; ``script`` runs before the scripts of whatever it goes to."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        tab = Tab(self, target, attached["sessionId"])
        tab.call("Page.enable")
        tab.call("Runtime.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        tab.call("Emulation.setDeviceMetricsOverride", **size)
        tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        return tab


def program() -> str:
    """Return the whole browser, as people have it; tests take its headless shell."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise RuntimeError("There is no Chromium: apt-get install chromium")
    return found


@contextmanager
def devtools(profile: Path) -> Iterator[DevTools]:
    """Run the machine's Chromium with a profile on disk: one in private mode caches less."""
    arguments = [*_QUIET, *CHROMIUM_ARGUMENTS, f"--user-data-dir={profile}", "about:blank"]
    profile.mkdir(parents=True, exist_ok=True)
    with (profile / "log").open("wb") as log:
        process = subprocess.Popen([program(), *arguments], stdout=log, stderr=log)
    try:
        address = _address(profile / "DevToolsActivePort", process)
        with connect(address, max_size=_LONGEST_ANSWER, compression=None, proxy=None) as socket:
            yield DevTools(socket)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _address(told: Path, process: "subprocess.Popen[bytes]") -> str:
    """Return where the browser listens, which it writes down once it does."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        lines = told.read_text().split("\n") if told.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise RuntimeError("Chromium did not start.")


def _said(details: dict[str, Any]) -> str:
    """Return what an exception of a page says."""
    thrown = details.get("exception", {})
    return str(thrown.get("description") or thrown.get("value") or details.get("text"))
