"""Painting on a CT of 512 x 512 x 500: what a brush costs the page, the screen and the memory.

A hand moves over the picture at 60 places a second, whether the page keeps up or not, as a real
one does: with every tool of the list, and with the window tool beside it, which paints nothing, so
that what drawing itself costs here is known. That no place of a stroke is lost is asserted.

    python -m benchmarks.masks [--quick] [--pictures FOLDER]
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks.devtools import program
from benchmarks.record import keep
from benchmarks.viewer_browser import SIZE
from benchmarks.viewer_portal import WebServer, portal
from benchmarks.viewer_study import SLICES, make_study
from tests.chromium import CHROMIUM_ARGUMENTS

HERE = Path(__file__).parent
PACE = 60
"""Places of the pointer a second."""
SECONDS = 5
QUICK_SLICES, QUICK_SECONDS = 60, 2
PATIENCE = 300
VIEWER = "window.hounsfieldViewer"
MPR = "three planes"
Place = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """What is painted how."""

    name: str
    plane: str
    tool: str = "Brush"
    radius: float = 0.0
    ball: bool = False


STROKES = (
    Stroke("window, stored slice", "stored", tool="Window"),
    Stroke("disk of 5 mm, stored slice", "stored", radius=5),
    Stroke("disk of 30 mm, stored slice", "stored", radius=30),
    Stroke("ball of 15 mm, stored slice", "stored", radius=15, ball=True),
    Stroke("window, coronal plane", "coronal", tool="Window"),
    Stroke("disk of 10 mm, coronal plane", "coronal", radius=10),
    Stroke("ball of 15 mm, coronal plane", "coronal", radius=15, ball=True),
    Stroke("window, three planes", MPR, tool="Window"),
    Stroke("ball of 15 mm, three planes", MPR, radius=15, ball=True),
)


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few slices, nothing is kept")
    parser.add_argument("--pictures", type=Path, help="a folder for what the page looked like")
    given = parser.parse_args()
    slices = QUICK_SLICES if given.quick else SLICES
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hounsfield-masks-")))
        study = make_study(folder, slices=slices)
        home = stack.enter_context(portal(folder / "portal"))
        person = home.make_person("reader")
        image, cookie = home.add_image(study.converted, owner=person), home.cookie_of(person)
        server = stack.enter_context(home.web_server())
        url = f"{server.url}/view/image/{image}/"
        seconds = QUICK_SECONDS if given.quick else SECONDS
        found = asyncio.run(measured(url, cookie, slices, seconds, given.pictures))
        results = {"volume": f"512 x 512 x {slices}, int16", **found, "server": cost(server)}
    if given.quick:
        print(json.dumps(results, indent=2))
    else:
        keep("masks", results)


def cost(server: WebServer) -> dict[str, float]:
    """Return what the web server used for all of it."""
    used = server.since(0)
    return {"cpu_seconds": used.cpu_seconds, "rss_mb": used.rss_mb}


async def measured(
    url: str, cookie: tuple[str, str], slices: int, seconds: float, pictures: Path | None
) -> dict[str, Any]:
    """Return what every stroke costs, in one page after the other."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program(), args=CHROMIUM_ARGUMENTS
        )
        context = await browser.new_context(viewport=SIZE)
        await context.add_cookies(
            [{"name": cookie[0], "value": cookie[1], "url": "http://127.0.0.1"}]
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        await page.goto(url, wait_until="commit")
        hand = Hand(page, await context.new_cdp_session(page), seconds)
        await hand.until(f"{VIEWER}?.loaded.full === {slices}")
        await hand.watch()
        runs = [await hand.draw(stroke, pictures) for stroke in STROKES]
        found = {"browser": browser.version, "pace": PACE, "seconds": seconds, "strokes": runs}
        await browser.close()
    return found


class Hand:
    """A hand at the page that keeps its own pace."""

    def __init__(self, page: Page, session: CDPSession, seconds: float) -> None:
        self.page = page
        self.session = session
        self.seconds = seconds
        self.plane = ""

    async def watch(self) -> None:
        """Let the page note frames and what each movement of the pointer costs."""
        await self.page.evaluate((HERE / "masks_watch.js").read_text())

    async def until(self, condition: str) -> None:
        """Wait for a condition of the page."""
        deadline = time.monotonic() + PATIENCE
        while not await self.page.evaluate(f"Boolean({condition})"):
            if time.monotonic() > deadline:
                raise TimeoutError(condition)
            await asyncio.sleep(0.05)

    async def draw(self, stroke: Stroke, pictures: Path | None) -> dict[str, Any]:
        """Draw one stroke on a page of which memory is known."""
        await self.take(stroke)
        memory, places = await self.memory(), self.places()
        await self.ask("start()")
        await self.follow(places)
        await self.ask("settled()")
        told = await self.ask("end()")
        after = await self.memory()
        received = told["places"]
        if received < len(places):
            raise AssertionError(f"{stroke.name}: {len(places) - received} places were lost.")
        if stroke.tool == "Brush":
            await self.until(f"{VIEWER}.masks.list.every(mask => mask.saving === 'saved')")
            await self.check(stroke, places)
        if pictures:
            await self.page.screenshot(path=pictures / f"{stroke.name}.png")
        print(f"{stroke.name}: {told}", file=sys.stderr, flush=True)
        drawn = {
            "stroke": stroke.name,
            "places": len(places),
            "frame_ms": spread(told["frames"]),
            "pointer_ms": spread(told["handled"]),
            "draws_per_second": round(told["draws"] / told["seconds"], 1),
            "mask_mb": round(await self.mask_bytes() / 1e6, 2),
            "memory_mb": {name: round(after[name] - memory[name], 1) for name in after},
            "memory_after_mb": after,
            "load": round(os.getloadavg()[0], 2),
        }
        if stroke.tool == "Brush":
            await self.page.locator(".hv-stage").first.focus()
            await self.page.keyboard.press("Control+z")
        return drawn

    async def take(self, stroke: Stroke) -> None:
        """Show the plane, take the tool and set it."""
        page = self.page
        await page.locator(".hv-stage").first.focus()
        if stroke.plane != self.plane:
            self.plane = stroke.plane
            if stroke.plane == MPR:
                await page.keyboard.press("m")
            else:
                await page.evaluate(f"{VIEWER}.show(0, {{orientation: '{stroke.plane}'}})")
            await page.evaluate(f"{VIEWER}.whenComplete()")
        panel = page.get_by_role("complementary", name="Masks")
        if not await panel.is_visible():
            await page.keyboard.press("#")
        if stroke.tool == "Window":
            await page.keyboard.press("w")
            return
        button = panel.get_by_role("button", name="Brush: drag over the picture")
        if await button.get_attribute("aria-pressed") != "true":
            await button.click()
        await panel.get_by_role("slider", name="Radius").fill(str(stroke.radius))
        await panel.get_by_role("checkbox", name="Through the slices (ball)").set_checked(
            stroke.ball
        )

    def places(self) -> list[Place]:
        """A figure that crosses itself, so that paint also meets paint."""
        count = round(PACE * self.seconds)
        turns = [2 * math.pi * n / count for n in range(count)]
        return [(round(110 * math.sin(3 * t)), round(130 * math.sin(2 * t))) for t in turns]

    async def follow(self, places: list[Place]) -> None:
        """Press, be at each place at its time, lift; nothing waits for the page."""
        box = await self.page.locator(".hv-stage").first.bounding_box()
        if box is None:
            raise RuntimeError("There is no pane.")
        x, y = round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)
        start = time.monotonic()
        under_way: list[asyncio.Future[None]] = []

        async def tell(kind: str, place: Place, *, down: int) -> None:
            told = {"type": kind, "x": x + place[0], "y": y + place[1], "button": "left"}
            await self.session.send(
                "Input.dispatchMouseEvent", told | {"buttons": down, "clickCount": 1}
            )

        await tell("mousePressed", places[0], down=1)
        for number, place in enumerate(places):
            await asyncio.sleep(max(0.0, start + number / PACE - time.monotonic()))
            under_way.append(asyncio.ensure_future(tell("mouseMoved", place, down=1)))
        await asyncio.gather(*under_way)
        await tell("mouseReleased", places[-1], down=0)

    async def check(self, stroke: Stroke, places: list[Place]) -> None:
        """Every place of the way lies in the paint."""
        missing = await self.ask(f"unpainted({json.dumps(places)})")
        if missing:
            raise AssertionError(f"{stroke.name}: {len(missing)} places are not painted.")

    async def ask(self, what: str) -> Any:
        """Call a function of masks_watch.js."""
        return await self.page.evaluate(f"window.masksWatch.{what}")

    async def mask_bytes(self) -> float:
        """Bytes of the slices that hold something."""
        return float(
            await self.page.evaluate(
                f"{VIEWER}.masks.list.reduce((sum, mask) => sum + mask.bytes, 0)"
            )
        )

    async def memory(self) -> dict[str, float]:
        """Megabytes of the page's script, and of the browser's processes by kind."""
        await self.session.send("HeapProfiler.collectGarbage")
        heap = await self.session.send("Runtime.getHeapUsage")
        found = {
            "script": round(heap["usedSize"] / 1e6, 1),
            "buffers": round(heap.get("backingStorageSize", 0) / 1e6, 1),
        }
        for process in psutil.Process().children(recursive=True):
            line = " ".join(process.cmdline())
            for kind in ("gpu-process", "renderer"):
                if f"--type={kind}" in line:
                    used = process.memory_info().rss / 1e6
                    found[kind] = round(max(found.get(kind, 0), used), 1)
        return found


def spread(values: list[float]) -> dict[str, float]:
    """Return median, 95th percentile and maximum."""
    if not values:
        return {}
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(late, 1),
        "max": round(ordered[-1], 1),
    }


if __name__ == "__main__":
    main()
